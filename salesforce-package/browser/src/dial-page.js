/**
 * The bridge's page /dial: calls the number of a tel: link, once a person
 * clicks. The call goes out through a phone that is open in this browser.
 */
const button = document.getElementById('dial');
const status = document.getElementById('status');
const register = document.getElementById('register');
const channel = new BroadcastChannel('ctibridge');
const request = String(Math.random()); // tells our answer from those to other pages
let phone;

channel.onmessage = ({ data }) => {
    if (data.phone && !phone) {
        phone = data.phone;
        status.textContent = 'Your phone is ready.';
        if (button) {
            button.disabled = false;
        }
    } else if (data.dialled === request) {
        status.textContent = data.ok
            ? 'Your phone rings: pick it up to place the call. You can close this page.'
            : 'The call was refused: the phone page says why.';
    }
};
channel.postMessage({ ask: 'phone' });
setInterval(() => phone || channel.postMessage({ ask: 'phone' }), 1000);

button?.addEventListener('click', () => {
    button.disabled = true;
    status.textContent = 'Calling …';
    channel.postMessage({ dial: button.dataset.number, phone, request });
});

register?.addEventListener('click', () => {
    navigator.registerProtocolHandler('tel', `${location.origin}/dial?to=%s`);
});
