/**
 * The servers' commands and where their keys stand.
 *
 * From the answers of `COMMAND` of Redis 2.8 to 8.6, Valkey 8.0 to 9.1 and the modules of Redis Stack 7.4, which a test
 * compares with this table; from the sources for KeyDB 6.3 and for what Redis 8.8 adds (arrays, GCRA, INCREX, XNACK).
 * Where a module's own statement leaves keys out, its documented syntax counts.
 *
 * @module
 */

/** What a command does to the data: it changes it, it only reads it, or neither. */
export type Access = 'write' | 'read' | 'other';

/**
 * The positions of a command's keys, the name being argument 0. Blanks part several of:
 *
 * - `1`: this argument; `2..-1`: these, negative numbers count from the end; `1..-1/2`: every second one of these
 * - `#1>2`: argument 1 says how many keys there are, from argument 2 on; `#1>2/2`: every second argument is one
 * - `STREAMS`, `SORT`, `GEORADIUS`, `MIGRATE`, `STRALGO`: by words among the arguments, each in a way of its own
 *
 * `!` behind one: it is the only key that changes, the others are just read. `*` behind one: the command may be split, each
 * key goes with the arguments up to the next one.
 *
 * A name of two words is a container with its subcommand; those that are not listed are as the container.
 */
export const COMMAND_ROWS: readonly (readonly [access: Access, keys: string, names: string])[] = [
  // Strings, and keys of any type
  ['write', '1', 'APPEND BITFIELD DECR DECRBY DELEX DELIFEQ GCRA GETDEL GETEX GETSET INCR INCRBY INCRBYFLOAT INCREX'],
  ['write', '1', 'PSETEX SET SETBIT SETEX SETNX SETRANGE'],
  ['write', '1..-1/2*', 'MSET MSETNX'],
  ['write', '#1>2/2*', 'MSETEX'],
  ['write', '2! 3..-1', 'BITOP'],
  ['read', '1', 'BITCOUNT BITFIELD_RO BITPOS DIGEST GET GETBIT GETRANGE STRLEN SUBSTR'],
  ['read', '1..-1', 'MGET'],
  ['read', '1 2', 'LCS'],
  ['read', 'STRALGO', 'STRALGO'],
  ['write', '1..-1*', 'DEL UNLINK'],
  ['write', '1', 'EXPIRE EXPIREAT MOVE PERSIST PEXPIRE PEXPIREAT RESTORE RESTORE-ASKING'],
  ['write', '1 2', 'RENAME RENAMENX'],
  ['write', '1 2!', 'COPY'],
  ['write', 'SORT', 'SORT'],
  ['read', '1', 'SORT_RO'],
  ['write', 'MIGRATE', 'MIGRATE'],
  ['read', '1', 'DUMP EXPIRETIME PEXPIRETIME PTTL TTL TYPE'],
  ['read', '1..-1', 'EXISTS TOUCH'],
  ['read', '2', 'OBJECT'],
  ['other', '', 'MEMORY'],
  ['read', '2', 'MEMORY|USAGE'],
  ['other', '', 'OBJECT|HELP'],
  ['other', '1..-1', 'WATCH'],

  // Lists
  ['write', '1', 'LINSERT LPOP LPUSH LPUSHX LREM LSET LTRIM RPOP RPUSH RPUSHX'],
  ['write', '1 2', 'BLMOVE BRPOPLPUSH LMOVE RPOPLPUSH'],
  ['write', '1..-2', 'BLPOP BRPOP'],
  ['write', '#1>2', 'LMPOP'],
  ['write', '#2>3', 'BLMPOP'],
  ['read', '1', 'LINDEX LLEN LPOS LRANGE'],

  // Sets and HyperLogLogs
  ['write', '1', 'SADD SPOP SREM PFADD'],
  ['write', '1 2', 'SMOVE'],
  ['write', '1! 2..-1', 'SDIFFSTORE SINTERSTORE SUNIONSTORE PFMERGE'],
  ['write', '2', 'PFDEBUG'],
  ['read', '1', 'SCARD SISMEMBER SMEMBERS SMISMEMBER SRANDMEMBER SSCAN'],
  ['read', '1..-1', 'SDIFF SINTER SUNION PFCOUNT'],
  ['read', '#1>2', 'SINTERCARD'],

  // Hashes
  ['write', '1', 'HDEL HEXPIRE HEXPIREAT HGETDEL HGETEX HINCRBY HINCRBYFLOAT HMSET HPERSIST HPEXPIRE HPEXPIREAT HSET'],
  ['write', '1', 'HSETEX HSETNX'],
  [
    'read',
    '1',
    'HEXISTS HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSTRLEN HTTL HVALS',
  ],

  // Sorted sets and places
  ['write', '1', 'ZADD ZINCRBY ZPOPMAX ZPOPMIN ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE GEOADD'],
  ['write', '1..-2', 'BZPOPMAX BZPOPMIN'],
  ['write', '#1>2', 'ZMPOP'],
  ['write', '#2>3', 'BZMPOP'],
  ['write', '1! #2>3', 'ZDIFFSTORE ZINTERSTORE ZUNIONSTORE'],
  ['write', '1! 2', 'ZRANGESTORE GEOSEARCHSTORE'],
  ['write', 'GEORADIUS', 'GEORADIUS GEORADIUSBYMEMBER'],
  ['read', '1', 'ZCARD ZCOUNT ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE'],
  ['read', '1', 'ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE'],
  ['read', '1', 'GEODIST GEOHASH GEOPOS GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH'],
  ['read', '#1>2', 'ZDIFF ZINTER ZINTERCARD ZUNION'],

  // Streams
  ['write', '1', 'XACK XACKDEL XADD XAUTOCLAIM XCFGSET XCLAIM XDEL XDELEX XIDMPRECORD XNACK XSETID XTRIM'],
  ['write', '2', 'XGROUP'],
  ['write', 'STREAMS', 'XREADGROUP'],
  ['read', 'STREAMS', 'XREAD'],
  ['read', '1', 'XLEN XPENDING XRANGE XREVRANGE'],
  ['read', '2', 'XINFO'],
  ['other', '', 'XGROUP|HELP XINFO|HELP'],

  // Arrays and vector sets
  ['write', '1', 'ARDEL ARDELRANGE ARINSERT ARMSET ARRING ARSEEK ARSET'],
  ['read', '1', 'ARCOUNT ARGET ARGETRANGE ARGREP ARINFO ARLASTITEMS ARLEN ARMGET ARNEXT AROP ARSCAN'],
  ['write', '1', 'VADD VREM VSETATTR'],
  ['read', '1', 'VCARD VDIM VEMB VGETATTR VINFO VISMEMBER VLINKS VRANDMEMBER VRANGE VSIM'],

  // Whole databases, slots, functions and scripts
  ['write', '', 'FLUSHALL FLUSHDB SFLUSH SWAPDB TRIMSLOTS'],
  ['read', '', 'DBSIZE KEYS LOLWUT RANDOMKEY ROLE SCAN CLUSTERSCAN'],
  ['other', '', 'FUNCTION CLUSTER SCRIPT'],
  ['write', '', 'FUNCTION|DELETE FUNCTION|FLUSH FUNCTION|LOAD FUNCTION|RESTORE CLUSTER|FLUSHSLOT'],
  ['other', '#2>3', 'EVAL EVALSHA FCALL'],
  ['read', '#2>3', 'EVALSHA_RO EVAL_RO FCALL_RO'],

  // The connection and the server
  [
    'other',
    '',
    'ACL ASKING AUTH BGREWRITEAOF BGSAVE CLIENT COMMAND COMMANDLOG CONFIG DEBUG DISCARD ECHO EXEC FAILOVER',
  ],
  ['other', '', 'HELLO HOTKEYS INFO LASTSAVE LATENCY LFENCE MODULE MONITOR MULTI PFSELFTEST PING PSUBSCRIBE PSYNC'],
  ['other', '', 'PUBLISH PUBSUB PUNSUBSCRIBE QUIT READONLY READWRITE REPLCONF REPLICAOF REPLPING RESET RREPLAY SAVE'],
  ['other', '', 'SELECT SHUTDOWN SLAVEOF SLOWLOG SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SYNC TIME UNSUBSCRIBE'],
  ['other', '', 'UNWATCH WAIT WAITAOF'],

  // KeyDB
  ['write', '1', 'EXPIREMEMBER EXPIREMEMBERAT PEXPIREMEMBERAT'],
  ['write', '1', 'KEYDB.CRON KEYDB.HRENAME KEYDB.MVCCRESTORE KEYDB.NHSET'],
  ['read', '1', 'KEYDB.NHGET'],
  ['read', '1..-1', 'KEYDB.MEXISTS'],

  // JSON
  ['write', '1', 'JSON.ARRAPPEND JSON.ARRINSERT JSON.ARRPOP JSON.ARRTRIM JSON.CLEAR JSON.DEL JSON.FORGET JSON.MERGE'],
  ['write', '1', 'JSON.NUMINCRBY JSON.NUMMULTBY JSON.NUMPOWBY JSON.SET JSON.STRAPPEND JSON.TOGGLE'],
  ['write', '1..-1/3*', 'JSON.MSET'],
  ['read', '1', 'JSON.ARRINDEX JSON.ARRLEN JSON.GET JSON.OBJKEYS JSON.OBJLEN JSON.RESP JSON.STRLEN JSON.TYPE'],
  ['read', '1..-2', 'JSON.MGET'],
  ['read', '2', 'JSON.DEBUG'],

  // Filters and sketches
  ['write', '1', 'BF.ADD BF.INSERT BF.LOADCHUNK BF.MADD BF.RESERVE'],
  ['read', '1', 'BF.CARD BF.DEBUG BF.EXISTS BF.INFO BF.MEXISTS BF.SCANDUMP'],
  ['write', '1', 'CF.ADD CF.ADDNX CF.DEL CF.INSERT CF.INSERTNX CF.LOADCHUNK CF.RESERVE'],
  ['read', '1', 'CF.COMPACT CF.COUNT CF.DEBUG CF.EXISTS CF.INFO CF.MEXISTS CF.SCANDUMP'],
  ['write', '1', 'CMS.INCRBY CMS.INITBYDIM CMS.INITBYPROB'],
  ['write', '1! #2>3', 'CMS.MERGE TDIGEST.MERGE'],
  ['read', '1', 'CMS.INFO CMS.QUERY'],
  ['write', '1', 'TDIGEST.ADD TDIGEST.CREATE TDIGEST.RESET'],
  ['read', '1', 'TDIGEST.BYRANK TDIGEST.BYREVRANK TDIGEST.CDF TDIGEST.INFO TDIGEST.MAX TDIGEST.MIN TDIGEST.QUANTILE'],
  ['read', '1', 'TDIGEST.RANK TDIGEST.REVRANK TDIGEST.TRIMMED_MEAN'],
  ['write', '1', 'TOPK.ADD TOPK.COUNT TOPK.INCRBY TOPK.RESERVE'],
  ['read', '1', 'TOPK.INFO TOPK.LIST TOPK.QUERY'],

  // Time series
  ['write', '1', 'TS.ADD TS.ALTER TS.CREATE TS.DECRBY TS.DEL TS.INCRBY'],
  ['write', '1 2', 'TS.CREATERULE TS.DELETERULE'],
  ['write', '1..-1/3*', 'TS.MADD'],
  ['read', '1', 'TS.GET TS.INFO TS.RANGE TS.REVRANGE'],
  ['read', '', 'TS.MGET TS.MRANGE TS.MREVRANGE TS.QUERYINDEX'],

  // Search: the names of indexes are no keys, those of documents and of suggestions are
  [
    'write',
    '',
    'FT.ALTER FT.CREATE FT.DROP FT.DROPINDEX FT.SYNADD FT.SYNUPDATE FT._ALTERIFNX FT._CREATEIFNX FT._DROPIFX',
  ],
  ['write', '', 'FT._DROPINDEXIFX FT.ALIASADD FT.ALIASDEL FT.ALIASUPDATE FT._ALIASADDIFNX FT._ALIASDELIFX FT.DICTADD'],
  ['write', '', 'FT.DICTDEL'],
  ['write', '2', 'FT.ADD FT.DEL FT.SAFEADD'],
  ['write', '1', 'FT.SUGADD FT.SUGDEL'],
  ['read', '', 'FT.AGGREGATE FT.CONFIG FT.CURSOR FT.DEBUG FT.DICTDUMP FT.EXPLAIN FT.EXPLAINCLI FT.INFO FT.PROFILE'],
  ['read', '', 'FT.SEARCH FT.SPELLCHECK FT.SYNDUMP FT.TAGVALS FT._LIST'],
  ['read', '2', 'FT.GET'],
  ['read', '2..-1', 'FT.MGET'],
  ['read', '1', 'FT.SUGGET FT.SUGLEN'],
];
