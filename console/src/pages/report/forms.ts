// Forms, as /api/forms has them (docs/forms.md).
import { get } from '../../lib/api'
import { i18n } from '../../lib/i18n.svelte'

export type Words = Record<string, string>

export interface Question {
  id: string
  type: 'text' | 'number' | 'integer' | 'yes-no' | 'choice' | 'choices' | 'time' | 'day' | 'position'
  label: Words
  help?: Words
  required?: boolean
  to?: string
  marking?: string
  words?: { id: string; label: Words }[]
}

export interface Form {
  ref: string
  newest: boolean
  retired?: boolean
  id: string
  version: number
  title: Words
  fields: Question[]
}

export async function newestForms(): Promise<Form[]> {
  const l = await get<{ items: Form[] }>('/api/forms')
  const some = l.items.filter((f) => f.newest && !f.retired)
  // What most reports are about comes first.
  return some.sort((a, b) => Number(b.id === 'field-patrol') - Number(a.id === 'field-patrol'))
}

// said is a text in the language of the page, and in which language it is.
export function said(w: Words | undefined): { text: string; lang: string } {
  for (const lang of [i18n.lang, 'en', ...Object.keys(w ?? {})]) if (w?.[lang]) return { text: w[lang], lang }
  return { text: '', lang: i18n.lang }
}

export function answered(v: unknown): boolean {
  return v !== undefined && v !== null && v !== '' && !(Array.isArray(v) && v.length === 0)
}

// missing are the questions that want an answer and have none.
export function missing(f: Form, fields: Record<string, unknown>): Question[] {
  return f.fields.filter((q) => q.required && !answered(fields[q.id]))
}
