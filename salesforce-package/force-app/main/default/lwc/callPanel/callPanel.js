import { LightningElement, api, wire } from 'lwc';
import { MessageContext, subscribe, APPLICATION_SCOPE } from 'lightning/messageService';
import { CurrentPageReference, NavigationMixin } from 'lightning/navigation';
import { EnclosingUtilityId } from 'lightning/platformUtilityBarApi';
import { IsConsoleNavigation, getFocusedTabInfo, openTab } from 'lightning/platformWorkspaceApi';
import CTI_DIAL from '@salesforce/messageChannel/CtiDial__c';
import getTicket from '@salesforce/apex/CtiTicketController.getTicket';
import { BridgeSocket } from 'c/bridgeSocket';
import { browserClock } from 'c/browserClock';
import { PolicyWatch, localNetworkPermission } from 'c/browserSigns';
import { CallNotice } from 'c/callNotice';
import { CallStore } from 'c/callStore';
import { announcement } from 'c/callText';
import { adviceFor, adviceForRequest } from 'c/connectionAdvice';
import { callAction, choose, device, dial, navigated, recent } from 'c/frameCodec';
import { NoteSaver } from 'c/noteSaver';
import { labels } from 'c/phoneLabels';
import { createPage, pageOf, recordPage } from 'c/recordNavigation';
import { RecordWatch } from 'c/recordWatch';
import { Ringer, isTalk, shouldRing } from 'c/ringer';
import { newTabId, tabState, watchTab } from 'c/tabWatch';
import { UtilityItem } from 'c/utilityItem';

// How long after the welcome the recent calls are asked for, at most: after a
// restart of the bridge not all panels do it at once.
const RECENT_WITHIN = 3000;

const CLIENT = { name: 'utility-bar', version: '0.1.0', language: labels.language };

/** The phone in the utility bar. What it knows is in its modules; it ties them together. */
export default class CallPanel extends NavigationMixin(LightningElement) {
    labels = labels;
    calls = [];
    now = 0;
    advice = null;
    problem = null;
    announcement = '';
    said = '';
    muted = false;
    ringBlocked = false;
    status = { name: 'connecting' };
    device = '';
    recentCalls = [];
    recentShown = false;
    settings = null;

    store = new CallStore();
    policy = new PolicyWatch();
    utility = new UtilityItem();
    watch = new RecordWatch();
    notice = new CallNotice();
    ringer = new Ringer({ onChange: () => this.showRinger() });
    notes = new NoteSaver({
        send: (frame) => this.socket.request(frame),
        onChange: () => this.refresh()
    });
    tab = { id: newTabId(), ...tabState(), console: false };

    @wire(EnclosingUtilityId)
    handleUtilityId(id) {
        this.utility.id = id;
    }

    @wire(IsConsoleNavigation)
    handleConsole(value) {
        // The platform gives the bare value, its test stub wraps it.
        this.tab.console = (value?.data ?? value) === true;
    }

    /** What is on the screen; a console has several pages, and is asked which one (tick). */
    @wire(CurrentPageReference)
    handlePage(page) {
        if (!this.tab.console) {
            this.seePage(page);
        }
    }

    @wire(MessageContext)
    context;

    connectedCallback() {
        this.socket = new BridgeSocket({
            getTicket,
            client: CLIENT,
            tab: this.tab,
            onFrame: (frame) => this.receive(frame),
            onState: (state) => this.showState(state)
        });
        this.policy.start();
        this.unwatch = watchTab((tab) => this.tabChanged(tab));
        this.ringer.start();
        this.showRinger();
        subscribe(this.context, CTI_DIAL, (message) => this.dialMessage(message), {
            scope: APPLICATION_SCOPE
        });
        this.ticker = browserClock.setInterval(() => this.tick(), 1000);
        this.socket.start();
    }

    disconnectedCallback() {
        browserClock.clearInterval(this.ticker);
        browserClock.clearTimeout(this.recentTimer);
        this.unwatch?.();
        this.policy.stop();
        this.ringer.stop();
        this.notice.keepOnly(new Set());
        this.notes.stop();
        this.socket.stop();
    }

    /**
     * Calls a number.
     * @param {string} number in any notation
     * @param {{object: string, id: string}} [record] where it was clicked
     * @returns {Promise<boolean>} whether the bridge took it
     */
    @api
    dial(number, record) {
        return this.ask(dial(number, record));
    }

    /** Whether the phone is connected. */
    @api
    get connected() {
        return this.status.name === 'connected';
    }

    /** A bridge that sends settings can erase calls, too. */
    get erasable() {
        return this.settings !== null;
    }

    /** The calls, each with what its card shows beside it. */
    get cards() {
        const offeredTo = this.watch.callFor(this.calls);
        return this.calls.map((call) => ({
            call,
            note: this.notes.noteOf(call),
            noteState: this.notes.stateOf(call.id),
            offered: call.id === offeredTo ? this.watch.record : undefined
        }));
    }

    get dispositions() {
        return this.settings?.dispositions;
    }

    get shownFields() {
        return this.settings?.fields;
    }

    get canRing() {
        return this.connected && this.settings?.sound === true && this.ringer.possible;
    }

    get ringIcon() {
        return this.muted ? 'utility:volume_off' : 'utility:volume_high';
    }

    get ringText() {
        return this.muted ? labels.ringUnmute : labels.ringMute;
    }

    get offline() {
        return !this.connected;
    }

    get statusText() {
        if (this.connected) {
            const { devices = [], device: id } = this.settings ?? {};
            const chosen = devices.find((each) => each.id === id)?.extension;
            const shown = [chosen, this.device].filter(Boolean).join(', ');
            return shown ? `${labels.connected} · ${shown}` : labels.connected;
        }
        return this.status.name === 'connecting' ? labels.connecting : labels.offline;
    }

    get statusIcon() {
        return this.connected ? 'utility:success' : 'utility:offline';
    }

    get statusVariant() {
        return this.connected ? 'success' : undefined;
    }

    handleRetry() {
        this.socket.start();
    }

    async handleDial({ target, detail }) {
        if (await this.dial(detail.number)) {
            target.clear();
        }
    }

    handleOpen({ detail }) {
        this.goTo(recordPage(detail));
    }

    handleChoose({ currentTarget, detail }) {
        const { call } = currentTarget.dataset;
        this.socket.send(choose(call, detail));
        this.store.choose(call, detail);
        this.refresh();
        this.goTo(recordPage(detail));
    }

    async handleAttach({ currentTarget, detail }) {
        const { call } = currentTarget.dataset;
        this.said = '';
        if (await this.ask(choose(call, detail))) {
            this.store.choose(call, detail);
            this.said = detail ? labels.attachDone : '';
            this.refresh();
        }
    }

    handleWrite({ currentTarget, detail }) {
        const { call: id } = currentTarget.dataset;
        this.notes.edit(
            this.calls.find((call) => call.id === id),
            detail
        );
    }

    handleLeave({ currentTarget }) {
        this.notes.flush(currentTarget.dataset.call);
    }

    handleMute() {
        this.ringer.mute(!this.muted);
    }

    handleCreate({ detail }) {
        this.goTo(createPage(detail.object, { Phone: detail.number }));
    }

    handleRecentShown({ detail }) {
        this.recentShown = detail;
        this.loadRecent();
    }

    handleCallBack({ detail }) {
        this.dial(detail.number, detail.record);
    }

    handleDevice({ detail }) {
        this.problem = null;
        this.socket.send(device(detail.id));
    }

    handleAction({ currentTarget, detail }) {
        this.ask(callAction(currentTarget.dataset.call, detail.action, detail.to));
    }

    handleDismiss({ currentTarget }) {
        this.notes.flush(currentTarget.dataset.call);
        this.store.remove(currentTarget.dataset.call);
        this.refresh();
    }

    handleBusy({ currentTarget, detail }) {
        this.store.keep(detail ? currentTarget.dataset.call : null);
    }

    receive(frame) {
        switch (frame.type) {
            case 'welcome':
                this.settings = frame.settings ?? null;
                this.device = (frame.agent?.devices ?? []).map((d) => d.extension).join(', ');
                this.store.replaceAll(frame.calls, frame.server?.time, this.holds);
                frame.calls.forEach((call) => this.notes.received(call));
                this.notes.flush();
                this.refresh();
                browserClock.clearTimeout(this.recentTimer);
                this.recentTimer = browserClock.setTimeout(
                    () => this.loadRecent(),
                    browserClock.random() * RECENT_WITHIN
                );
                frame.calls.forEach((call) => this.noticeRinging(call, null));
                break;
            case 'call':
                this.takeCall(frame.call);
                break;
            case 'navigate':
                this.follow(frame);
                break;
            case 'settings':
                this.settings = frame.settings;
                this.refresh();
                break;
            case 'error':
                this.problem = adviceForRequest(frame);
                break;
            default:
        }
    }

    takeCall(call) {
        const before = this.store.put(call);
        if (before === undefined) {
            return;
        }
        this.notes.received(call);
        if (call.endReason === 'private') {
            this.notes.forget(call.id);
            this.store.remove(call.id);
        }
        this.refresh();
        this.noticeRinging(call, before);
        if (call.state === 'ended') {
            this.loadRecent();
        }
    }

    /** Asks for the recent calls. Without an answer the list stays; the next call asks again. */
    async loadRecent() {
        try {
            const { calls } = await this.socket.request(recent(this.recentShown));
            this.recentCalls = calls ?? [];
        } catch {
            // the line says how it stands
        }
    }

    /** Announces a call that begins to ring, and brings the phone up; never moves the focus. */
    noticeRinging(call, before) {
        const rings = call.state === 'ringing' && call.direction !== 'outbound';
        if (!rings) {
            return;
        }
        this.announcement = announcement(call);
        if (before?.state !== 'ringing' && !this.isQuiet(call)) {
            this.utility.open();
            this.notice.show(call.id, this.announcement);
        }
    }

    /** Whether a call only stands in the list, by the agent's settings. */
    isQuiet(call) {
        const { popOn, quietInCall } = this.settings ?? {};
        const others = this.calls.filter(({ id }) => id !== call.id);
        return popOn === 'hand' || (quietInCall && others.some(isTalk));
    }

    async follow(frame) {
        if (await this.goTo(pageOf(frame))) {
            this.socket.send(navigated(frame.pop));
        }
    }

    /** A console opens a tab of its own, so that the agent's work stays; elsewhere the page changes. */
    async goTo(pageReference) {
        try {
            if (this.tab.console) {
                await openTab({ pageReference, focus: true });
            } else {
                await this[NavigationMixin.Navigate](pageReference);
            }
            return true;
        } catch {
            this.problem = adviceForRequest({});
            return false;
        }
    }

    dialMessage({ number, recordId, objectApiName }) {
        this.utility.open();
        this.dial(number, recordId ? { object: objectApiName, id: recordId } : undefined);
    }

    async ask(frame) {
        this.problem = null;
        try {
            await this.socket.request(frame);
            return true;
        } catch (refusal) {
            this.problem = adviceForRequest(refusal);
            return false;
        }
    }

    async showState(state) {
        this.status = state;
        const seen = {
            online: navigator.onLine,
            securePage: window.location.protocol === 'https:',
            policyBlocked: this.policy.blocked
        };
        if (state.name !== 'connecting') {
            this.advice = adviceFor(state, seen); // stays while the next attempt is under way
        }
        this.refresh();
        const localNetwork = state.url && this.advice && (await localNetworkPermission(state.url));
        if (localNetwork && this.status === state) {
            this.advice = adviceFor(state, { ...seen, localNetwork });
        }
    }

    /** The tab came to front, or goes: what is written must be saved before it is gone. */
    tabChanged(tab) {
        this.socket.tabChanged(tab);
        if (!tab.visible) {
            this.notes.flush();
        }
    }

    seePage(page) {
        if (this.watch.see(page ?? {}, this.store.time)) {
            this.refresh();
        }
    }

    async askConsole() {
        try {
            this.seePage((await getFocusedTabInfo())?.pageReference);
        } catch {
            // no tab is open
        }
    }

    showRinger() {
        this.muted = this.ringer.muted;
        this.ringBlocked = this.ringer.blocked;
    }

    /** Calls whose note is not saved stay. */
    holds = (id) => this.notes.isUnsaved(id);

    tick() {
        this.store.expire(this.holds);
        this.notes.keepOnly(this.store.ids);
        if (this.calls.length) {
            if (this.tab.console) {
                this.askConsole();
            }
            this.refresh();
        }
    }

    refresh() {
        this.calls = this.store.calls;
        this.now = this.store.time;
        this.ringer.ring(this.connected && shouldRing(this.calls, this.settings ?? {}));
        const ringing = this.calls.filter(({ state }) => state === 'ringing');
        this.notice.keepOnly(new Set(ringing.map(({ id }) => id)));
        this.utility.show(this.calls, this.connected || this.status.name === 'connecting');
    }
}
