export const guideTexts = {} satisfies Record<string, [en: string, zh: string]>;
