import fs from 'node:fs';

/** What a ringback holds: memory that is its own (PSS), open files and sockets, threads, waiting timers. */
export async function usage(ringback) {
  const pid = ringback.program.child.pid;
  const { text } = await ringback.request('GET', '/metrics');
  const sum = (name) => [...text.matchAll(new RegExp(`^${name}(?:{.*})? (\\S+)$`, 'gm'))].reduce((total, [, value]) => total + Number(value), 0);
  const links = fs.readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  return {
    pssKiB: Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]),
    threads: Number(/^Threads:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]),
    files: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    timers: sum('ringback_worker_timers') + sum('ringback_front_timers'),
    calls: sum('ringback_calls_live'),
  };
}
