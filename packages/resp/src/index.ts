export { ByteBuffer } from './byte-buffer.ts';
export { encodeBulks, encodeHead, LONG_FRAME, RespBuffer, SHORT_FRAME } from './resp-buffer.ts';
