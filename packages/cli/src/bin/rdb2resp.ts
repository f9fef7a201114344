process.stderr.write('rdb2resp: not written yet\n');
process.exitCode = 1;
