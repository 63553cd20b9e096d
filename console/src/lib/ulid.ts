// Ids of entries are made where the entry is made: a ULID, 48 bits of time and 80
// random ones, in the letters of Crockford.
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export function ulid(now = Date.now()): string {
  let out = ''
  for (let i = 0, t = now; i < 10; i++) {
    out = letters[t % 32] + out
    t = Math.floor(t / 32)
  }
  // 256 is eight times 32: each letter is as likely as any other.
  for (const b of crypto.getRandomValues(new Uint8Array(16))) out += letters[b % 32]
  return out
}
