// What is asked before something is written, and the entries that are made of the
// answers. In whose name one writes the server has said, and checks again.
import { t } from '../../lib/i18n.svelte'
import { entry, written, type Entry } from '../../lib/decide'
import type { Rules as Facts } from '../../lib/types'
import { answer, name, word, type Act, type Case, type CommissionPage, type Field, type Rules } from './commission'
import type { Asked } from './Ask.svelte'

type Values = Record<string, string>

const says = (required = true): Field => ({ name: 'says', label: t('ask.words'), kind: 'area', required })
const some = (o: Record<string, unknown>) => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== '' && !(Array.isArray(v) && !v.length)))
const options = (list: string[], say: (w: string) => string = (w) => w) => list.map((value) => ({ value, says: say(value) }))

// inName says in whose name, where it is not one's own.
function inName(a: Act): string {
  if (a.taken_down) return t('ask.takendown', { party: a.party! })
  return a.party ? t('ask.of', { party: a.party }) : t('ask.commission')
}

export function act(a: Act, page: CommissionPage, facts: Facts | null): Asked {
  if (a.kind === 'signature@1') return signature(a)
  if (a.kind === 'acknowledgement@1') return acknowledgement(a)
  if (a.kind === 'window-step@1') return windowStep(a)
  const c = page.cases.find((x) => x.id === a.about || x.determinations?.some((d) => d.entry === a.about))!
  if (a.kind === 'determination@1') return writing(a, c, page)
  return step(a, c, facts)
}

// A reply is about the incident too, so that it stands beside it as the claims do.
function step(a: Act, c: Case, facts: Facts | null): Asked {
  const fields: Field[] = []
  if (a.answers?.length) fields.push({ name: 'answer', label: t(a.step === 'determination' ? 'ask.finds' : 'ask.answer'), kind: 'select', options: options(a.answers, answer), required: true })
  if (a.step === 'stop') fields.push({ name: 'reason', label: t('ask.stop'), kind: 'select', options: options(a.reasons ?? []), required: true })
  if (a.step === 'determination') fields.push(...determined(c, facts))
  fields.push(says())
  return {
    title: t('case.n', { n: c.number }) + ': ' + word('step', a.step),
    says: inName(a) + ' ' + t('ask.step.says'),
    fields,
    go: (v) => written([entry('step@1', some({ step: a.step, party: a.party, answer: v.answer, reason: v.reason, says: v.says, facts: factsOf(v) }), [['about', c.id], ...(a.step === 'reply' ? (c.about ?? []).map((id) => ['about', id] as [string, string]) : [])])]),
  }
}

// determined are the facts that a determination may state; what is left empty it
// leaves open.
function determined(c: Case, facts: Facts | null): Field[] {
  const nodes = (tree: string) => (facts?.nodes[tree] ?? []).map((n) => n.path)
  return [
    { name: 'f.act', label: t('fact.act'), kind: 'text', list: nodes('act') },
    { name: 'f.target', label: t('fact.target'), kind: 'text', list: nodes('target') },
    { name: 'f.outcome', label: t('fact.outcome'), kind: 'text', list: nodes('outcome'), hint: t('ask.facts.says') },
    { name: 'f.actor', label: t('fact.actor'), kind: 'select', options: options([c.by, c.against].sort()) },
  ]
}

function factsOf(v: Values): Values | undefined {
  const out: Values = {}
  for (const [k, x] of Object.entries(v)) if (k.startsWith('f.') && x) out[k.slice(2)] = x
  return Object.keys(out).length ? out : undefined
}

function signature(a: Act): Asked {
  return {
    title: t('ask.sign', { member: a.member! }),
    says: t('ask.sign.says'),
    fields: [
      { name: 'says', label: t('ask.position'), kind: 'select', options: options(a.answers ?? [], (w) => t('sign.' + w)), required: true },
      { name: 'reason', label: t('ask.dissent'), kind: 'area', required: true, when: (v) => v.says === 'dissents' },
    ],
    go: (v) => written([entry('signature@1', some({ member: a.member, party: a.party, says: v.says, reason: v.reason }), [['about', a.about]])]),
  }
}

function acknowledgement(a: Act): Asked {
  return {
    title: t('ask.ack'),
    says: inName(a) + ' ' + t('ask.ack.says'),
    fields: [says(false)],
    go: (v) => written([entry('acknowledgement@1', some({ party: a.party, says: v.says }), [['about', a.about]])]),
  }
}

function windowStep(a: Act): Asked {
  const fields: Field[] = [says()]
  if (a.step === 'extend') fields.unshift({ name: 'until', label: t('ask.until'), kind: 'time', required: true })
  return {
    title: t('window') + ': ' + word('wstep', a.step),
    says: inName(a),
    fields,
    go: (v) => written([entry('window-step@1', some({ step: a.step, party: a.party, until: v.until, says: v.says }), [['about', a.about]])]),
  }
}

// writing is the chair's: what was adopted is written down, and, where it states
// facts, put into the place of what is held, so that findings are judged anew. The
// dispute and its adoption stand in the record like any other.
function writing(a: Act, c: Case, page: CommissionPage): Asked {
  const d = c.determinations!.at(-1)!
  const incidents = [...new Set((c.about ?? []).map((id) => page.titles[id]).filter((x) => x !== undefined))]
  const facts = d.facts && Object.keys(d.facts).length ? { ...d.facts, level: 'determined' } : undefined
  return {
    title: t('ask.write'),
    says: t('ask.write.says'),
    fields: [
      { name: 'reason', label: t('ask.reason'), kind: 'area', required: true, value: reasonOf(d) },
      ...(facts && incidents.length ? [{ name: 'put', label: t('ask.put', { facts: Object.entries(facts).map(([k, v]) => `${k}=${v}`).join('; ') }), kind: 'check', value: 'yes', hint: t('ask.put.says') } as Field] : []),
    ],
    go: (v) => {
      const made: Entry[] = [
        entry('determination@1', some({ by: t('com.by', { text: c.text }), power: c.rule, says: d.says, reason: v.reason, facts: d.facts }), [...(c.about ?? []).map((id) => ['about', id] as [string, string]), ['about', d.entry]]),
      ]
      if (v.put === 'yes')
        for (const i of incidents) {
          const x = entry('dispute@1', { reason: v.reason, facts, marking: i.marking === 'public' ? 'public' : i.marking === 'mission' ? 'mission' : 'parties' }, [['disputes', i.id]])
          made.push(x, entry('adoption@1', { reason: t('ask.put.reason', { n: c.number }) }, [['adopts', x.id]]))
        }
      return written(made)
    },
  }
}

function reasonOf(d: Case['determinations'] extends (infer D)[] | undefined ? D : never): string {
  const dissent = (d.dissented ?? []).map((s) => `${s.member}: ${s.reason ?? ''}`).join('; ')
  return t('ask.write.reason', { part: d.took_part, agreed: d.agreed }) + (dissent ? ' ' + t('ask.write.dissent', { dissent }) : '')
}

// begin is what begins something new: about is what the page was asked about.
export function begin(kind: string, page: CommissionPage, about: string[]): Asked {
  const refs = about.map((id) => ['about', id] as [string, string])
  const me = page.you.party
  const parties = [...new Set(page.texts.flatMap((x) => x.parties.map((p) => p.id)))].sort()
  // In whose name: one's own, or that of the party whose words are taken down.
  const whose: Field[] = me ? [] : [{ name: 'party', label: t('ask.whose'), kind: 'select', options: options(parties), required: true }]
  const texts = (has: (x: Rules) => boolean): Field => ({ name: 'text', label: t('ask.text'), kind: 'select', options: page.texts.filter(has).map((x) => ({ value: x.text, says: x.title })), required: true })
  const place: Field[] = [
    { name: 'lat', label: t('ask.lat'), kind: 'number', required: true },
    { name: 'lon', label: t('ask.lon'), kind: 'number', required: true },
    { name: 'within', label: t('ask.within'), kind: 'number', required: true, value: '2000' },
  ]
  const hours: Field[] = [
    { name: 'from', label: t('ask.from'), kind: 'time', required: true },
    { name: 'until', label: t('ask.until'), kind: 'time', required: true },
  ]
  const title = t('begin.' + kind)
  const send = (payload: Values | Record<string, unknown>, r = refs) => written([entry(kind, some(payload), r)])
  switch (kind) {
    case 'complaint@1':
      return {
        title,
        says: t('begin.complaint.says'),
        fields: [
          ...whose,
          { name: 'against', label: t('ask.against'), kind: 'select', options: options(parties.filter((p) => p !== me)), required: true },
          { ...texts(() => true), value: page.texts.find((x) => x.course)?.text, hint: t('ask.text.says') },
          { name: 'clauses', label: t('ask.clauses'), kind: 'text', hint: t('ask.clauses.says') },
          says(),
          { name: 'asks', label: t('ask.asks'), kind: 'text' },
        ],
        go: (v) => send({ text: v.text, party: me ?? v.party, against: v.against, clauses: (v.clauses ?? '').split(/[\s,;]+/).filter(Boolean), says: v.says, asks: v.asks }),
      }
    case 'message@1':
      return {
        title,
        says: t('begin.message.says'),
        fields: [
          ...(me ? [] : [{ name: 'party', label: t('ask.from.whom'), kind: 'select', options: options(parties) } as Field]),
          { name: 'to', label: t('ask.to'), kind: 'many', options: options(parties.filter((p) => p !== me)), required: true },
          { name: 'template', label: t('ask.template'), kind: 'select', options: options(Object.keys(page.templates), (x) => word('template', x)) },
          ...[...new Set(Object.values(page.templates).flat())].map((slot) => ({ name: 'v.' + slot, label: word('slot', slot), kind: 'text', required: true, when: (v: Values) => (page.templates[v.template ?? ''] ?? []).includes(slot) }) as Field),
          says(false),
        ],
        go: (v) => send({ party: me ?? v.party, to: (v.to ?? '').split(' ').filter(Boolean), template: v.template, values: Object.fromEntries(Object.entries(v).filter(([k]) => k.startsWith('v.')).map(([k, x]) => [k.slice(2), x])), says: v.says }),
      }
    case 'window@1':
      return {
        title,
        says: t('begin.window.says'),
        fields: [
          ...(me ? [] : [{ name: 'party', label: t('ask.asks.whose'), kind: 'select', options: options(parties) } as Field]),
          { name: 'purpose', label: t('ask.purpose'), kind: 'select', options: options(['repair', 'bodies', 'convoy', 'evacuation', 'demining'], (x) => word('purpose', x)), required: true },
          ...place,
          ...hours,
          { name: 'of', label: t('ask.guarantees'), kind: 'many', options: options(parties), value: parties.length === 2 ? parties.join(' ') : '', required: true },
          says(),
          { name: 'both', label: t('ask.both'), kind: 'check', value: 'yes', hint: t('ask.both.says') },
        ],
        go: (v) => send({ party: me ?? v.party, purpose: v.purpose, lat: v.lat, lon: v.lon, within_m: Math.round(Number(v.within)), from: v.from, until: v.until, of: (v.of ?? '').split(' ').filter(Boolean), says: v.says, marking: v.both === 'yes' ? 'parties' : undefined }),
      }
    case 'activity@1':
      return {
        title,
        says: t('begin.activity.says'),
        fields: [...whose, { name: 'what', label: t('ask.what'), kind: 'select', options: options(['exercise', 'detonation', 'flight', 'rotation'], (x) => word('what', x)), required: true }, { name: 'acts', label: t('ask.acts'), kind: 'text', required: true, value: 'attack.sabotage.demolition', hint: t('ask.acts.says') }, ...place, ...hours, says()],
        go: (v) => send({ party: me ?? v.party, what: v.what, acts: (v.acts ?? '').split(/[\s,;]+/).filter(Boolean), lat: v.lat, lon: v.lon, within_m: Math.round(Number(v.within)), from: v.from, until: v.until, says: v.says }),
      }
    case 'response@1': {
      const powers = page.texts.flatMap((x) => (x.powers ?? []).map((p) => ({ value: x.text + ' ' + p.clause, says: `${x.text} ${p.clause}: ${p.says ?? ''}`.slice(0, 120) })))
      return {
        title,
        says: t('begin.response.says'),
        fields: [...whose, { name: 'stage', label: t('ask.stage'), kind: 'select', options: options(['reserved', 'announced', 'taken', 'ended'], (x) => word('stage', x)), required: true }, { name: 'clause', label: t('ask.power'), kind: 'select', options: powers, required: true }, { name: 'to', label: t('ask.answers'), kind: 'select', options: page.cases.map((c) => ({ value: c.id, says: `${t('case.n', { n: c.number })} · ${c.by} – ${c.against}` })) }, { name: 'from', label: t('ask.from'), kind: 'time' }, { name: 'acts', label: t('ask.howmany'), kind: 'number' }, says()],
        go: (v) => send({ text: v.clause!.split(' ')[0]!, clause: v.clause!.split(' ')[1]!, party: me ?? v.party, stage: v.stage, to: v.to, from: v.from, acts: v.acts ? Math.round(Number(v.acts)) : undefined, says: v.says }),
      }
    }
    case 'performance@1':
    case 'duty@1': {
      const duties = [...new Set(page.duties.map((d) => [d.text, d.clause, d.bearer].join(' ')))]
      const which: Field = { name: 'duty', label: t('ask.duty'), kind: 'select', options: options(duties), required: true }
      const of = (v: Values) => ({ text: v.duty!.split(' ')[0], clause: v.duty!.split(' ')[1], bearer: v.duty!.split(' ')[2] })
      if (kind === 'duty@1')
        return {
          title,
          says: t('begin.duty.says'),
          fields: [which, { name: 'state', label: t('ask.state'), kind: 'select', options: options(['excused', 'suspended', 'resumed', 'discharged', 'violated'], (x) => word('dstate', x)), required: true }, { ...hours[0]! }, { ...hours[1]!, required: false }, { name: 'reason', label: t('ask.reason'), kind: 'area', required: true }],
          go: (v) => send({ ...of(v), state: v.state, from: v.from, until: v.until, reason: v.reason }),
        }
      return {
        title,
        says: t(me ? 'begin.performance.party' : 'begin.performance.mission'),
        fields: [which, { name: 'at', label: t('ask.at'), kind: 'time', required: true }, { name: 'amount', label: t('ask.amount'), kind: 'number' }, { name: 'done', label: t('ask.done'), kind: 'check', value: 'yes' }, ...(me ? [] : [{ name: 'level', label: t('level'), kind: 'select', options: options(['reported', 'corroborated', 'verified'], (x) => t('level.' + x)), required: true } as Field]), says()],
        go: (v) => send({ ...of(v), party: me, at: v.at, amount: v.amount ? Math.round(Number(v.amount)) : undefined, done: v.done === 'yes' || undefined, level: me ? 'claimed' : v.level, says: v.says }),
      }
    }
  }
  return { title, fields: [says()], go: (v) => send(v) }
}

export { name }
