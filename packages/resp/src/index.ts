export { ByteBuffer } from './byte-buffer.ts';
export { OutputBuffer } from './output-buffer.ts';
export { type Reply, ReplyError, replyText } from './reply.ts';
export { type ReplyLimits, ReplyScanner, type ReplyVisitor } from './reply-scanner.ts';
export { encodeBulks, encodeHead, LONG_FRAME, RespBuffer, SHORT_FRAME } from './resp-buffer.ts';
export { RespError } from './resp-error.ts';
