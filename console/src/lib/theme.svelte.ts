export type Theme = 'light' | 'dark' | 'system'

class Look {
  theme = $state<Theme>((localStorage.getItem('truce.theme') as Theme) ?? 'system')
  private system = matchMedia('(prefers-color-scheme: dark)')
  private systemDark = $state(this.system.matches)

  constructor() {
    this.system.addEventListener('change', (e) => {
      this.systemDark = e.matches
      this.apply()
    })
    this.apply()
  }

  get dark(): boolean {
    return this.theme === 'dark' || (this.theme === 'system' && this.systemDark)
  }

  use(t: Theme) {
    this.theme = t
    localStorage.setItem('truce.theme', t)
    this.apply()
  }

  private apply() {
    document.documentElement.setAttribute('data-theme', this.dark ? 'dark' : 'light')
  }
}

export const look = new Look()
