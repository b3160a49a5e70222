// What the panel does beyond plain forms: dialogs, messages, focus, and a
// refresh that changes only what differs. Every page works without it.
'use strict';

const lang = document.documentElement.lang;
const dialog = document.getElementById('dialog');
const toasts = document.getElementById('status');
let opener = '';

// Times are shown in the browser's own zone.
const whenFormat = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'medium' });
const clockFormat = new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' });
function formatTimes(root) {
  for (const time of root.querySelectorAll('time[data-clock]')) {
    time.textContent = clockFormat.format(new Date(time.dateTime));
  }
  for (const time of root.querySelectorAll('time[data-when]')) {
    time.textContent = whenFormat.format(new Date(time.dateTime));
  }
}

// A table that was scrolled to stays, a button that has the focus keeps it, and
// a screen reader hears only what changed: nodes are altered, not replaced.
function morph(from, to, added) {
  const old = [...from.childNodes];
  const fresh = [...to.childNodes];
  fresh.forEach((node, i) => {
    const present = old[i];
    if (!present) {
      from.append(node);
      added.push(node);
    } else if (present.nodeName !== node.nodeName || present.id !== node.id) {
      present.replaceWith(node);
      added.push(node);
    } else if (node.nodeType !== Node.ELEMENT_NODE) {
      if (present.data !== node.data) present.data = node.data;
    } else {
      morphAttributes(present, node);
      morph(present, node, added);
    }
  });
  old.slice(fresh.length).forEach((node) => node.remove());
}

function morphAttributes(present, node) {
  for (const { name } of [...present.attributes]) {
    const opened = name === 'open' && present.nodeName === 'DETAILS';
    if (!node.hasAttribute(name) && !opened) present.removeAttribute(name);
  }
  for (const { name, value } of node.attributes) {
    if (present.getAttribute(name) !== value) present.setAttribute(name, value);
  }
}

htmx.defineExtension('morph', {
  isInlineSwap: (style) => style === 'morph',
  handleSwap(style, target, fragment) {
    if (style !== 'morph') return false;
    formatTimes(fragment);
    const added = [];
    morph(target, fragment, added);
    return added;
  },
});

// A message the page itself makes: what went wrong between it and the server.
function showProblem(text) {
  const shown = toasts.querySelector('.slds-theme_error p');
  if (shown?.textContent === text) return;
  const toast = document.createElement('div');
  toast.className = 'slds-notify slds-notify_toast slds-theme_error panel-toast';
  const p = document.createElement('p');
  p.className = 'panel-toast-text';
  p.textContent = text;
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'slds-button panel-toast-close';
  close.dataset.dismiss = '';
  close.textContent = document.body.dataset.closeText;
  toast.append(p, close);
  toasts.replaceChildren(toast);
  if (dialog.open) dialog.append(toasts); // what is behind it can be neither seen nor heard
}

function fadeLater() {
  const toast = toasts.querySelector('[data-fades]');
  if (toast) setTimeout(() => { if (!toast.matches(':hover, :focus-within')) toast.remove(); }, 10000);
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-dismiss]')) toasts.replaceChildren();
  if (event.target.closest('[aria-disabled=true]')) event.preventDefault();
  if (dialog.open && event.target.closest('[data-close]')) {
    event.preventDefault();
    dialog.close();
  }
});

// The focus goes back to what opened the dialog, also if the list was drawn
// anew meanwhile; if that is gone, to the page's title.
function returnFocus() {
  if (document.activeElement && document.activeElement !== document.body) return;
  const back = opener && document.getElementById(opener);
  (back || document.getElementById('page-title') || document.getElementById('main')).focus({ preventScroll: true });
}

dialog.addEventListener('close', () => {
  document.body.append(toasts);
  document.getElementById('dialog-body').replaceChildren();
  returnFocus();
});

document.body.addEventListener('htmx:afterSwap', ({ detail }) => {
  const swapped = detail.target.id === 'dialog-body' && detail.xhr.getResponseHeader('HX-Reswap') !== 'none';
  if (swapped && !dialog.open) {
    opener = document.activeElement?.id ?? '';
    dialog.showModal();
  }
});
document.body.addEventListener('htmx:afterSettle', ({ detail }) => {
  if (detail.target.id === 'list') returnFocus();
  if (detail.target.id === 'form') detail.target.querySelector('[autofocus]')?.focus();
});
document.body.addEventListener('htmx:load', ({ detail }) => formatTimes(detail.elt));
document.body.addEventListener('htmx:oobAfterSwap', ({ detail }) => { if (detail.target === toasts) fadeLater(); });
document.body.addEventListener('changed', () => { if (dialog.open) dialog.close(); });

// A click on a field's name puts it into the box that was used last.
let lastBox = 'field-numbers';
document.addEventListener('focusin', ({ target }) => { if (/^(field-|show$)/.test(target.id)) lastBox = target.id; });
document.addEventListener('click', ({ target }) => {
  const name = target.closest('[data-insert]')?.dataset.insert;
  const box = name && document.getElementById(lastBox);
  if (box) box.value = box.value.trim() ? `${box.value.replace(/[,\s]+$/, '')}, ${name}` : name;
});

document.addEventListener('click', async ({ target }) => {
  const button = target.closest('[data-copy]');
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
  button.textContent = button.dataset.copied;
});

// What needs a script to work is shown only with one.
function enable(root) {
  for (const part of root.querySelectorAll('[data-file]')) {
    part.hidden = false;
    part.querySelector('input').onchange = async ({ target }) => {
      if (target.files[0]) document.getElementById(part.dataset.file).value = await target.files[0].text();
    };
  }
  for (const button of root.querySelectorAll('[data-copy]')) button.hidden = !navigator.clipboard;
}
document.body.addEventListener('htmx:afterSettle', ({ detail }) => enable(detail.target));

// No polling where nobody looks.
document.body.addEventListener('htmx:beforeRequest', (event) => {
  if (document.hidden && 'live' in event.detail.elt.dataset) event.preventDefault();
});

document.body.addEventListener('htmx:responseError', ({ detail: { xhr } }) => {
  const plain = (xhr.getResponseHeader('Content-Type') ?? '').startsWith('text/plain');
  showProblem(plain ? xhr.responseText.trim() : document.body.dataset.offline);
});
document.body.addEventListener('htmx:sendError', () => showProblem(document.body.dataset.offline));
document.body.addEventListener('htmx:afterOnLoad', ({ detail: { xhr } }) => {
  const shown = toasts.querySelector('.slds-theme_error p');
  if (xhr.status < 400 && shown?.textContent === document.body.dataset.offline) toasts.replaceChildren();
});

// Times that are typed are of the browser's zone as well.
for (const zone of document.querySelectorAll('[data-zone]')) {
  zone.value = new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

formatTimes(document);
enable(document);
fadeLater();
