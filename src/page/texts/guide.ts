export const guideTexts = {
  guideInvite: ['New here? Guide', '初次来访？看导读'],
  guideGoOn: ['Go on reading ({at} of {of})', '继续导读（{at}/{of}）'],
  guideAt: ['Stop {at} of {of}', '第 {at} 站，共 {of} 站'],
  guideClose: ['Close the guide', '关闭导读'],
  guideBack: ['Back', '上一站'],
  guideNext: ['Next', '下一站'],
  guideSkip: ['Skip', '跳过'],
  guideFinish: ['Finish', '读完了'],
  guideStops: ['All stops', '所有站'],
  guideQuestion: ['Your turn', '动手试试'],
  guideFailed: [
    'The guide could not be loaded. Reload the page to try again.',
    '导读加载失败，请刷新页面重试。',
  ],
  guideFiles: ['To read on: {file} and its test, {test}', '深入阅读：{file}，及其测试 {test}'],
} satisfies Record<string, [en: string, zh: string]>;
