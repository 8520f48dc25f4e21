/**
 * `npm run bench -- SUITE [--json FILE] [--peers a,b] [--case TEXT] [--quick]`
 *
 * Measures lazuli and every installed peer on a suite, in turns, and prints a table per case. See README.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SUITES, type SuiteName, isSuiteName, usesThreads } from './cases/suites.ts';
import { copyBandwidth } from './measure/bandwidth.ts';
import { FULL, QUICK } from './measure/effort.ts';
import { messageOf } from './measure/errorMessage.ts';
import { type Limit, limitOf, limitTogether } from './measure/limit.ts';
import { measureTogether } from './measure/together.ts';
import { describeMachine } from './measure/machine.ts';
import { measurePeak } from './measure/peak.ts';
import type { Row } from './measure/row.ts';
import { runCase } from './measure/runCase.ts';
import {
  PEER_NAMES,
  type PeerName,
  isAlwaysThere,
  isPeerName,
  loadPeers,
  processors,
  takesPartIn,
} from './peers/registry.ts';
import { barsText } from './report/barsText.ts';
import type { Header } from './report/header.ts';
import { caseText, headerText, overviewText } from './report/text.ts';

const USAGE = `usage: npm run bench -- SUITE [--json FILE] [--peers a,b] [--case TEXT] [--quick]
  SUITE    ${Object.keys(SUITES).join(' | ')}
  --json   also write the rows, with a header, to FILE
  --peers  only these besides lazuli: ${PEER_NAMES.filter((name) => !isAlwaysThere(name)).join(', ')}
  --case   only cases whose name contains TEXT
  --quick  fewer samples and no slow cases`;

interface Settings {
  readonly suite: SuiteName;
  readonly json: string | undefined;
  readonly peers: readonly PeerName[];
  readonly only: string;
  readonly quick: boolean;
}

function readSettings(): Settings {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      peers: { type: 'string' },
      case: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
    },
  });
  const [suite] = positionals;
  if (!isSuiteName(suite) || positionals.length > 1) throw new Error('name one suite');
  return {
    suite,
    json: values.json,
    peers: choosePeers(values.peers),
    only: values.case,
    quick: values.quick,
  };
}

function choosePeers(list: string | undefined): readonly PeerName[] {
  if (list === undefined) return PEER_NAMES;
  const chosen = list.split(',').filter((name) => name !== '');
  const unknown = chosen.find((name) => !isPeerName(name));
  if (unknown !== undefined) throw new Error(`no peer is named ${unknown}`);
  return PEER_NAMES.filter((name) => isAlwaysThere(name) || chosen.includes(name));
}

async function bench({ suite, json, peers: names, only, quick }: Settings): Promise<void> {
  const threaded = usesThreads(suite);
  const { peers, skipped } = await loadPeers(names.filter((name) => takesPartIn(name, threaded)));
  const peak = measurePeak();
  const together = threaded ? await measureTogether(processors) : undefined;
  const header: Header = {
    suite,
    quick,
    date: new Date().toISOString(),
    machine: describeMachine(),
    copyBytesPerSecond: copyBandwidth(),
    ...(peak === undefined ? {} : { peakPerSecond: peak }),
    ...(together === undefined ? {} : { together }),
    peers: peers.map(({ name, version, threads }) => ({ name, version, threads })),
  };
  console.log(headerText(header, skipped));

  const rows: Row[] = [];
  const limits = new Map<string, Limit>();
  for (const benchCase of SUITES[suite]) {
    if (!benchCase.name.includes(only) || (quick && benchCase.slow === true)) continue;
    const limit = limitOf(benchCase, peak);
    limits.set(benchCase.name, together === undefined ? limit : limitTogether(benchCase, together));
    const caseRows = await runCase(suite, benchCase, peers, quick ? QUICK : FULL);
    const limitOfAll = together === undefined ? undefined : limitTogether(benchCase, together);
    if (caseRows.length > 0) console.log(caseText(benchCase, caseRows, limit, limitOfAll));
    rows.push(...caseRows);
  }
  console.log(overviewText(rows, header.peers));
  const bars = barsText(rows, limits);
  if (bars !== undefined) console.log(bars);
  for (const peer of peers) peer.close?.();
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ header, rows }, undefined, 2)}\n`);
}

let settings: Settings | undefined;
try {
  settings = readSettings();
} catch (error) {
  console.error(`${messageOf(error)}\n${USAGE}`);
  process.exitCode = 2;
}
if (settings !== undefined) await bench(settings);
