/**
 * `npm run bench -- SUITE [--json FILE] [--peers a,b] [--case TEXT] [--quick]`
 *
 * Measures lazuli and every installed peer on a suite, in turns, and prints a table per case. See README.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Case } from './cases/case.ts';
import { gpuReference } from './cases/gpuReference.ts';
import { SUITES, type Suite, type SuiteName, casesOf, isSuiteName } from './cases/suites.ts';
import { copyBandwidth } from './measure/bandwidth.ts';
import { type Effort, FULL, FULL_GPU, QUICK } from './measure/effort.ts';
import { messageOf } from './measure/errorMessage.ts';
import { deviceLimits, gpuLimitOf } from './measure/gpuLimit.ts';
import { type Limit, limitOf, limitTogether } from './measure/limit.ts';
import { measureTogether } from './measure/together.ts';
import { describeMachine } from './measure/machine.ts';
import { measurePeak } from './measure/peak.ts';
import type { Row } from './measure/row.ts';
import { type Reference, runCase } from './measure/runCase.ts';
import {
  PEER_NAMES,
  type PeerName,
  REFERENCE,
  isAlwaysThere,
  isPeerName,
  loadPeers,
  peersFor,
  processors,
} from './peers/registry.ts';
import { barsText } from './report/barsText.ts';
import type { Header } from './report/header.ts';
import { caseText, deviceText, headerText, overviewText } from './report/text.ts';

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
    peers: choosePeers(SUITES[suite], values.peers),
    only: values.case,
    quick: values.quick,
  };
}

function choosePeers(suite: Suite, list: string | undefined): readonly PeerName[] {
  const able = peersFor(suite);
  if (list === undefined) return able;
  const chosen = list.split(',').filter((name) => name !== '');
  const unknown = chosen.find((name) => !isPeerName(name));
  if (unknown !== undefined) throw new Error(`no peer is named ${unknown}`);
  return able.filter((name) => isAlwaysThere(name) || chosen.includes(name));
}

/** What a suite is measured with: how long, against what, and how its limits are known. */
interface Bench {
  readonly header: Pick<Header, 'copyBytesPerSecond' | 'peakPerSecond' | 'together' | 'gpu'>;
  readonly effort: Effort;
  readonly reference: Reference;
  /** The limit of a case, from what was measured beforehand or from rows so far. */
  readonly limitOf: (benchCase: Case, rows: readonly Row[]) => Limit;
  /** The limit of those that run on all threads, where some do. */
  readonly limitOfAll?: (benchCase: Case) => Limit;
}

async function onCpu({ threads }: Suite, quick: boolean): Promise<Bench> {
  const peak = measurePeak();
  const together = threads === undefined ? undefined : await measureTogether(processors);
  return {
    header: {
      copyBytesPerSecond: copyBandwidth(),
      ...(peak === undefined ? {} : { peakPerSecond: peak }),
      ...(together === undefined ? {} : { together }),
    },
    effort: quick ? QUICK : FULL,
    reference: { impl: REFERENCE },
    limitOf: (benchCase) => limitOf(benchCase, peak),
    ...(together === undefined ? {} : { limitOfAll: (benchCase) => limitTogether(benchCase, together) }),
  };
}

async function onGpu(quick: boolean, cases: readonly Case[]): Promise<Bench> {
  const { gpuName } = await import('./impl/lazuliGpu.ts');
  const gpu = await gpuName();
  return {
    header: gpu === undefined ? {} : { gpu },
    effort: quick ? QUICK : FULL_GPU,
    reference: ({ work }, inputs) => gpuReference(work, inputs),
    limitOf: (benchCase, rows) => gpuLimitOf(benchCase, deviceLimits(cases, rows)),
  };
}

async function bench({ suite: name, json, peers: names, only, quick }: Settings): Promise<void> {
  const suite: Suite = SUITES[name];
  const { peers, skipped } = await loadPeers(names);
  const cases = casesOf(suite, quick);
  const {
    header: measured,
    effort,
    reference,
    limitOf,
    limitOfAll,
  } = await (suite.device === 'cpu' ? onCpu(suite, quick) : onGpu(quick, cases));
  const header: Header = {
    suite: name,
    quick,
    date: new Date().toISOString(),
    machine: describeMachine(),
    ...measured,
    peers: peers.map((peer) => ({ name: peer.name, version: peer.version, threads: peer.threads })),
  };
  console.log(headerText(header, skipped));

  const rows: Row[] = [];
  const limits = new Map<string, Limit>();
  const write = (): void => {
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ header, rows }, undefined, 2)}\n`);
  };
  for (const benchCase of cases) {
    const isLimit = benchCase.work === 'deviceCopy' || benchCase.work === 'multiplyAdds';
    if (!benchCase.name.includes(only) && !isLimit) continue;
    const caseRows = await runCase(name, benchCase, peers, effort, reference);
    rows.push(...caseRows);
    const limit = limitOf(benchCase, rows);
    const together = limitOfAll?.(benchCase);
    limits.set(benchCase.name, together ?? limit);
    if (caseRows.length > 0) console.log(caseText(benchCase, caseRows, limit, together));
    // After each case: a run that is cut short leaves what it has.
    write();
  }
  console.log(overviewText(rows, header.peers));
  const device = deviceText(deviceLimits(cases, rows));
  if (device !== undefined) console.log(device);
  const bars = barsText(rows, limits);
  if (bars !== undefined) console.log(bars);
  for (const peer of peers) peer.close?.();
  write();
}

let settings: Settings | undefined;
try {
  settings = readSettings();
} catch (error) {
  console.error(`${messageOf(error)}\n${USAGE}`);
  process.exitCode = 2;
}
if (settings !== undefined) await bench(settings);
