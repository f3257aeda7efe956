// Hands the fragment programs to TensorFlow.js's `webgl` backend, which is there where a page has WebGL. Elsewhere the
// import does no harm: there is no such backend to choose.
import '@tensorflow/tfjs-backend-webgl';
