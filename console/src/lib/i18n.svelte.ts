// Words of the console, from message files. A page has its own folder of them, so
// that pages can be added without touching others. English stands in for what a
// language lacks, and a test wants that nothing lacks.
import en from '../messages/en.json'

export const languages = [
  { code: 'en', name: 'English', dir: 'ltr' },
  { code: 'uk', name: 'Українська', dir: 'ltr' },
  { code: 'ru', name: 'Русский', dir: 'ltr' },
  { code: 'ar', name: 'العربية', dir: 'rtl' },
] as const
export type Lang = (typeof languages)[number]['code']

type Messages = Record<string, string>

const common = import.meta.glob<Messages>('../messages/*.json', { import: 'default' })
const ofPages = import.meta.glob<Messages>('../pages/*/messages/*.json', { import: 'default' })

class I18n {
  lang = $state<Lang>('en')
  words = $state.raw<Messages>(en as Messages)
  private pages: string[] = []

  get dir(): 'ltr' | 'rtl' {
    return languages.find((l) => l.code === this.lang)!.dir
  }

  async begin() {
    const kept = localStorage.getItem('truce.lang')
    // The list is exact: a reader of Russian is never answered in Ukrainian.
    const asked = [kept, ...navigator.languages.map((l) => l.slice(0, 2))]
    const lang = asked.find((c) => languages.some((l) => l.code === c)) as Lang | undefined
    await this.use(lang ?? 'en')
  }

  async use(lang: Lang) {
    localStorage.setItem('truce.lang', lang)
    const all: Messages = { ...(en as Messages) }
    if (lang !== 'en') Object.assign(all, await common[`../messages/${lang}.json`]!())
    for (const p of this.pages) Object.assign(all, await this.ofPage(p, lang))
    this.words = all
    this.lang = lang
    document.documentElement.lang = lang
    document.documentElement.dir = this.dir
  }

  private async ofPage(page: string, lang: Lang): Promise<Messages> {
    const read = async (l: string) => (await ofPages[`../pages/${page}/messages/${l}.json`]?.()) ?? {}
    return lang === 'en' ? read('en') : { ...(await read('en')), ...(await read(lang)) }
  }

  // page adds the words of a page before it is shown.
  async page(name: string) {
    if (this.pages.includes(name)) return
    this.pages.push(name)
    this.words = { ...this.words, ...(await this.ofPage(name, this.lang)) }
  }
}

export const i18n = new I18n()

// t says a message. {name} is replaced; {n|one|few|many|other} chooses by the
// plural of the language: forms that are not named are the last.
export function t(key: string, values: Record<string, string | number> = {}): string {
  const m = i18n.words[key]
  if (m === undefined) return key
  return m.replace(/\{(\w+)(?:\|([^}]*))?\}/g, (_, name: string, forms: string | undefined) => {
    const v = values[name]
    if (v === undefined) return ''
    if (forms === undefined) return typeof v === 'number' ? num(v) : v
    const by: Record<string, string> = {}
    let last = ''
    for (const f of forms.split('|')) {
      const i = f.indexOf('=')
      by[f.slice(0, i)] = last = f.slice(i + 1)
    }
    return (by[new Intl.PluralRules(i18n.lang).select(Number(v))] ?? by.other ?? last).replace('#', num(Number(v)))
  })
}

// has reports whether there are words for a key, for vocabularies that grow.
export function has(key: string): boolean {
  return key in i18n.words
}

export function num(n: number): string {
  return new Intl.NumberFormat(i18n.lang === 'ar' ? 'ar-u-nu-latn' : i18n.lang).format(n)
}
