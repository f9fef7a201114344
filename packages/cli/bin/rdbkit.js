#!/usr/bin/env node
import '../dist/bin/rdbkit.js';
