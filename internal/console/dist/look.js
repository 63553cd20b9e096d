// The look of the page, before it is drawn: what was chosen, or else that of the device.
var kept = localStorage.getItem('truce.theme')
document.documentElement.dataset.theme = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches) ? 'dark' : 'light'
