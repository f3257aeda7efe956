export const keepTexts = {
  kept: [
    'Kept in this browser up to batch {batch}: a reload goes on there.',
    '此浏览器保存到第 {batch} 批：刷新页面后从那里继续。',
  ],
  keptLater: [
    'While a run trains, this browser keeps it: a reload goes on where it was.',
    '训练时，此浏览器会保存进度：刷新页面后从原处继续。',
  ],
  keptForgotten: [
    'Forgotten: this run is kept no more. The next one is.',
    '已忘记：不再保存这次训练，下一次仍会保存。',
  ],
  keptRefused: [
    'This browser keeps nothing for this page ({message}): a reload begins anew.',
    '此浏览器不为此页面保存数据（{message}）：刷新页面后从头开始。',
  ],
  forget: ['Forget', '忘记'],
  keptGoesOn: [
    'Kept by this browser: the run is back at batch {batch}. Reset begins a new one.',
    '此浏览器保存的训练已恢复到第 {batch} 批。点“重置”可重新开始。',
  ],
  keptUnreadable: [
    'The run that this browser has kept is damaged, or of another version of this page: a new one begins.',
    '此浏览器保存的训练已损坏，或属于此页面的其他版本：将重新开始。',
  ],
} satisfies Record<string, [en: string, zh: string]>;
