export const codeTexts = {} satisfies Record<string, [en: string, zh: string]>;
