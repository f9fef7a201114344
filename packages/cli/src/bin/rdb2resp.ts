import { nodeHost } from '../app/node-host.ts';
import { runProgram } from '../app/program.ts';
import { program } from '../rdb2resp/program.ts';

process.exitCode = await runProgram(program, nodeHost());
