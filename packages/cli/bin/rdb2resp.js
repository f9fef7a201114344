#!/usr/bin/env node
import '../dist/bin/rdb2resp.js';
