// What may be wrong with a file of weights. The page shows both languages, the command line English.
export const weightsTexts = {
  fileLarge: [
    'A weights file should have at most {expected} bytes, and this file has {found}.',
    '权重文件应不超过 {expected} 字节，此文件却有 {found} 字节。',
  ],
  fileShort: [
    'A weights file should have more than 8 bytes, and this file has {found}.',
    '权重文件应大于 8 字节，此文件只有 {found} 字节。',
  ],
  fileFormat: [
    'A weights file should be in safetensors format, and this file is in the format {found}.',
    '权重文件应为 safetensors 格式，此文件却是 {found} 格式。',
  ],
  fileRepeated: [
    'This file’s header should name {name} once, and names it again.',
    '此文件的文件头中 {name} 应只出现一次，却重复出现。',
  ],
  fileOverlap: [
    'This file is damaged: the tensors {other} and {name} share bytes.',
    '此文件已损坏：张量 {other} 与 {name} 的字节重叠。',
  ],
  fileHeaderLength: [
    'This is no weights file, or only part of one: its header should fit into {expected} bytes, and takes {found}.',
    '此文件不是权重文件，或不完整：文件头应不超过 {expected} 字节，却标为 {found} 字节。',
  ],
  fileHeader: [
    'This is no weights file: its header should be a JSON object, and starts with “{found}”.',
    '此文件不是权重文件：文件头应为 JSON 对象，却以“{found}”开头。',
  ],
  fileMetadata: [
    'This file’s __metadata__ should hold texts by name, and holds something else as well.',
    '此文件的 __metadata__ 应只含文本，却含有其他内容。',
  ],
  fileEntry: [
    'This file’s {name} should be a tensor with dtype, shape and data_offsets, and is something else.',
    '此文件中的 {name} 应为含 dtype、shape 和 data_offsets 的张量，实际却不是。',
  ],
  fileMissing: [
    'This file holds no weights of ours: {net} should have a tensor {name} of shape {expected}, and there is none.',
    '此文件中没有本网络的权重：{net} 应有形状为 {expected} 的张量 {name}，却没有找到。',
  ],
  fileExtra: [
    'This file holds no weights of ours: {net} should have the tensors {expected}, and there is also {found}.',
    '此文件中没有本网络的权重：{net} 的张量应为 {expected}，却多出了 {found}。',
  ],
  fileDtype: [
    'This file’s tensor {name} should have a dtype of {expected}, and has {found}.',
    '此文件中张量 {name} 的 dtype 应为 {expected} 之一，却是 {found}。',
  ],
  fileShape: [
    'This file holds no weights of ours: the tensor {name} should be {expected}, and is {found}.',
    '此文件中没有本网络的权重：张量 {name} 的形状应为 {expected}，却是 {found}。',
  ],
  fileOffsets: [
    'This file is damaged: the tensor {name} should be {expected} of its {length} bytes, and is at {begin} to {end}.',
    '此文件已损坏：张量 {name} 应占 {length} 字节数据中的 {expected} 字节，却标在 {begin} 到 {end} 处。',
  ],
  fileHole: [
    'This file is damaged: its bytes {begin} to {end} of numbers belong to no tensor.',
    '此文件已损坏：数据中第 {begin} 到 {end} 字节不属于任何张量。',
  ],
  fileSize: [
    'This file is damaged: {name} should have {expected} bytes, and has {found}.',
    '此文件已损坏：{name} 应有 {expected} 字节，却有 {found} 字节。',
  ],
  fileModel: [
    'A model.json should be a Layers model with its weights, and this one’s format is {found}.',
    'model.json 应为带权重的 Layers 模型，此文件的格式却是 {found}。',
  ],
  fileWeight: [
    'This file’s weight {name} should have a name of its own, a shape and a dtype, and has something else.',
    '此文件中的权重 {name} 应有唯一的名称、形状和 dtype，实际却不是。',
  ],
  fileApart: [
    'This file’s numbers are in {found}, and that file did not come with it.',
    '此文件的数据在 {found} 中，但没有一起提供。',
  ],
  fileOutside: [
    'This file’s numbers should be in a file beside it, and it names “{found}”.',
    '此文件的数据应在同一文件夹的文件中，它却写着“{found}”。',
  ],
  fileProtobuf: [
    'This is no ONNX model, or only part of one: a field of it reaches beyond the end.',
    '此文件不是 ONNX 模型，或不完整：其中有字段超出了末尾。',
  ],
  fileGraph: [
    'This is no ONNX model: it should have a graph, and has none.',
    '此文件不是 ONNX 模型：其中应有计算图，却没有找到。',
  ],
  fileNetwork: [
    'This file holds another network than ours: it should consist of {expected}, and consists of {found}.',
    '此文件是另一个网络：它应由 {expected} 组成，却由 {found} 组成。',
  ],
  fileNotFinite: [
    'This file’s tensor {name} should hold finite numbers, and has {found} at index {index}.',
    '此文件中张量 {name} 的值应为有限的数，索引 {index} 处却是 {found}。',
  ],
  fileNet: [
    'This file’s tensors are those of the network {expected}, and its metadata names {found}.',
    '此文件中的张量属于网络 {expected}，元数据却写着 {found}。',
  ],

  // what was read
  fileRecognised: [
    '{format}, recognised by its shapes as the network {net}: filters {filters}, inputs of the dense layer {inputs}.',
    '{format}，按形状识别为网络 {net}：过滤器为 {filters}，全连接层的输入为 {inputs}。',
  ],
  fileAssumed: [
    '{format}, recognised by its shapes as the network {net}: filters {filters}, inputs of the dense layer {inputs}, as goes with such filters.',
    '{format}，按形状识别为网络 {net}：过滤器为 {filters}，全连接层的输入按同一布局为 {inputs}。',
  ],
} satisfies Record<string, [en: string, zh: string]>;

export type WeightsKey = keyof typeof weightsTexts;
