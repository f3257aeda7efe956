export const cellTexts = {} satisfies Record<string, [en: string, zh: string]>;
