// Inference of an ONNX file in onnxruntime, which ./onnxruntime.ts times beside ours. It answers each line of JSON with one.
//   the first    {package, threads, model, pixels}  ->  {}      model: the file; pixels [images, 784], float32; in base64
//   the others   {runs}  ->  {ms: [a run's, ...], logits: [...]}      logits [images, 10] of the last run
import {createInterface} from 'node:readline';

const answer = value => process.stdout.write(`${JSON.stringify(value)}\n`);
const bytesOf = base64 => Uint8Array.from(Buffer.from(base64, 'base64'));

let session;
let image;
for await (const line of createInterface({input: process.stdin})) {
  const asked = JSON.parse(line);
  if (session === undefined) {
    const {default: ort} = await import(asked.package);
    ort.env.wasm.numThreads = asked.threads;
    session = await ort.InferenceSession.create(bytesOf(asked.model), {
      intraOpNumThreads: asked.threads,
      interOpNumThreads: 1,
    });
    const pixels = new Float32Array(bytesOf(asked.pixels).buffer);
    image = new ort.Tensor('float32', pixels, [pixels.length / 784, 1, 28, 28]);
    answer({});
    continue;
  }
  const ms = [];
  let logits;
  while (ms.length < asked.runs) {
    const start = performance.now();
    ({logits} = await session.run({image}));
    ms.push(performance.now() - start);
  }
  answer({ms, logits: Array.from(logits.data)});
}
process.exit(); // its threads would go on
