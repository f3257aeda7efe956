export const stageTexts = {} satisfies Record<string, [en: string, zh: string]>;
