// onnxruntime-node 1.16 names types that its package lacks; it exports what onnxruntime-common does.
declare module 'onnxruntime-node' {
  import * as ort from 'onnxruntime-common';
  export default ort;
}
