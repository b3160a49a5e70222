/**
 * The bridge's page /dial: calls the number of a tel: link, once a person
 * clicks. The call goes out through a phone that is open in this browser.
 */
const button = document.getElementById('dial');
const status = document.getElementById('status');
const register = document.getElementById('register');
const channel = new BroadcastChannel('ctibridge');
const request = String(Math.random()); // tells our answer from those to other pages
const askFor = 60000; // ms; who comes back to this page later makes it ask anew
let phone;
let asking;

channel.onmessage = ({ data }) => {
    if (data.phone && !phone) {
        phone = data.phone;
        clearInterval(asking);
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

/** Asks for a phone in this browser, for a minute. */
function ask() {
    clearInterval(asking);
    if (phone) {
        return;
    }
    const ends = Date.now() + askFor;
    channel.postMessage({ ask: 'phone' });
    asking = setInterval(() => {
        channel.postMessage({ ask: 'phone' });
        if (Date.now() >= ends) {
            clearInterval(asking);
        }
    }, 1000);
}
ask();
document.addEventListener('visibilitychange', () => document.hidden || ask());

button?.addEventListener('click', () => {
    button.disabled = true;
    status.textContent = 'Calling …';
    channel.postMessage({ dial: button.dataset.number, phone, request });
});

register?.addEventListener('click', () => {
    navigator.registerProtocolHandler('tel', `${location.origin}/dial?to=%s`);
});
