import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The SQLite file of a stopped ringback, read by sqlite3's own program. */
export class Database {
  constructor(dataDir) {
    const name = fs.readdirSync(dataDir).find((file) => file.endsWith('.db'));
    this.file = path.join(dataDir, name);
  }

  rows(query) {
    const text = execFileSync('sqlite3', ['-readonly', '-json', this.file, query], { encoding: 'utf8' });
    return text === '' ? [] : JSON.parse(text);
  }
}
