export const timeTexts = {} satisfies Record<string, [en: string, zh: string]>;
