// Asks the device for a passkey, and sends its answer as a form. The question is in
// the page; nothing is asked of the server beside the form.
'use strict';
const form = document.querySelector('form[data-passkey]');
const said = document.getElementById('said');

const bytes = s => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
const text = b => b && btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

const keys = list => (list || []).map(k => ({...k, id: bytes(k.id)}));

async function ask() {
  const q = JSON.parse(form.dataset.passkey).publicKey;
  q.challenge = bytes(q.challenge);
  let made;
  if (q.user) {
    q.user.id = bytes(q.user.id);
    q.excludeCredentials = keys(q.excludeCredentials);
    made = await navigator.credentials.create({publicKey: q});
  } else {
    q.allowCredentials = keys(q.allowCredentials);
    made = await navigator.credentials.get({publicKey: q});
  }
  const r = made.response, response = {clientDataJSON: text(r.clientDataJSON)};
  if (q.user) {
    response.attestationObject = text(r.attestationObject);
    response.transports = r.getTransports ? r.getTransports() : [];
  } else {
    response.authenticatorData = text(r.authenticatorData);
    response.signature = text(r.signature);
    if (r.userHandle) response.userHandle = text(r.userHandle);
  }
  return {id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: made.getClientExtensionResults(),
    authenticatorAttachment: made.authenticatorAttachment || undefined};
}

const button = form?.querySelector('button');
if (button) button.disabled = false; // the form does nothing without this script
form?.addEventListener('submit', async e => {
  e.preventDefault();
  button.disabled = true;
  said.textContent = '';
  try {
    if (!window.PublicKeyCredential) throw new Error('this browser has none, or the page was not reached by HTTPS');
    form.elements.answer.value = JSON.stringify(await ask());
    form.submit();
  } catch (why) {
    button.disabled = false;
    said.textContent = 'No passkey was given: ' + why.message;
  }
});
