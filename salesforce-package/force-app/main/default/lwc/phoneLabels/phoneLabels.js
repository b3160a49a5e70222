// Every text a person reads, in one place. `say` fills {0}, {1} … of a text.
import CtiPhone from '@salesforce/label/c.CtiPhone';
import CtiConnected from '@salesforce/label/c.CtiConnected';
import CtiConnecting from '@salesforce/label/c.CtiConnecting';
import CtiOffline from '@salesforce/label/c.CtiOffline';
import CtiCalls from '@salesforce/label/c.CtiCalls';
import CtiNoCalls from '@salesforce/label/c.CtiNoCalls';
import CtiNumber from '@salesforce/label/c.CtiNumber';
import CtiNumberHint from '@salesforce/label/c.CtiNumberHint';
import CtiDial from '@salesforce/label/c.CtiDial';
import CtiDialNumber from '@salesforce/label/c.CtiDialNumber';
import CtiDialing from '@salesforce/label/c.CtiDialing';
import CtiPhoneNumbers from '@salesforce/label/c.CtiPhoneNumbers';
import CtiNoPhoneNumbers from '@salesforce/label/c.CtiNoPhoneNumbers';
import CtiStateRinging from '@salesforce/label/c.CtiStateRinging';
import CtiStateRingingInternal from '@salesforce/label/c.CtiStateRingingInternal';
import CtiStateRingingOutbound from '@salesforce/label/c.CtiStateRingingOutbound';
import CtiStateDialing from '@salesforce/label/c.CtiStateDialing';
import CtiStateConnected from '@salesforce/label/c.CtiStateConnected';
import CtiStateHeld from '@salesforce/label/c.CtiStateHeld';
import CtiEnded from '@salesforce/label/c.CtiEnded';
import CtiEndedAbandoned from '@salesforce/label/c.CtiEndedAbandoned';
import CtiEndedAnsweredElsewhere from '@salesforce/label/c.CtiEndedAnsweredElsewhere';
import CtiEndedDiverted from '@salesforce/label/c.CtiEndedDiverted';
import CtiEndedBusy from '@salesforce/label/c.CtiEndedBusy';
import CtiEndedDeclined from '@salesforce/label/c.CtiEndedDeclined';
import CtiEndedFailed from '@salesforce/label/c.CtiEndedFailed';
import CtiEndedTransferred from '@salesforce/label/c.CtiEndedTransferred';
import CtiWithheld from '@salesforce/label/c.CtiWithheld';
import CtiUnknownNumber from '@salesforce/label/c.CtiUnknownNumber';
import CtiLookingUp from '@salesforce/label/c.CtiLookingUp';
import CtiNoRecord from '@salesforce/label/c.CtiNoRecord';
import CtiKnownCustomer from '@salesforce/label/c.CtiKnownCustomer';
import CtiProbable from '@salesforce/label/c.CtiProbable';
import CtiProbableHelp from '@salesforce/label/c.CtiProbableHelp';
import CtiCompanyMatch from '@salesforce/label/c.CtiCompanyMatch';
import CtiCompanyMatchHelp from '@salesforce/label/c.CtiCompanyMatchHelp';
import CtiSeveralRecords from '@salesforce/label/c.CtiSeveralRecords';
import CtiOpenRecord from '@salesforce/label/c.CtiOpenRecord';
import CtiChosen from '@salesforce/label/c.CtiChosen';
import CtiCreate from '@salesforce/label/c.CtiCreate';
import CtiDismiss from '@salesforce/label/c.CtiDismiss';
import CtiRunningTime from '@salesforce/label/c.CtiRunningTime';
import CtiGroup from '@salesforce/label/c.CtiGroup';
import CtiAnnounceRinging from '@salesforce/label/c.CtiAnnounceRinging';
import CtiAnnounceEnded from '@salesforce/label/c.CtiAnnounceEnded';
import CtiActionAnswer from '@salesforce/label/c.CtiActionAnswer';
import CtiActionReject from '@salesforce/label/c.CtiActionReject';
import CtiActionHangup from '@salesforce/label/c.CtiActionHangup';
import CtiActionHold from '@salesforce/label/c.CtiActionHold';
import CtiActionRetrieve from '@salesforce/label/c.CtiActionRetrieve';
import CtiActionTransfer from '@salesforce/label/c.CtiActionTransfer';
import CtiActionConsult from '@salesforce/label/c.CtiActionConsult';
import CtiActionComplete from '@salesforce/label/c.CtiActionComplete';
import CtiActionSwap from '@salesforce/label/c.CtiActionSwap';
import CtiTransferTo from '@salesforce/label/c.CtiTransferTo';
import CtiConsultWith from '@salesforce/label/c.CtiConsultWith';
import CtiEndedAnsweredBy from '@salesforce/label/c.CtiEndedAnsweredBy';
import CtiEndedTransferredTo from '@salesforce/label/c.CtiEndedTransferredTo';
import CtiTransferredBy from '@salesforce/label/c.CtiTransferredBy';
import CtiNote from '@salesforce/label/c.CtiNote';
import CtiDeviceToday from '@salesforce/label/c.CtiDeviceToday';
import CtiDeviceNone from '@salesforce/label/c.CtiDeviceNone';
import CtiActionPrivate from '@salesforce/label/c.CtiActionPrivate';
import CtiPrivateConfirm from '@salesforce/label/c.CtiPrivateConfirm';
import CtiErrorDeviceTaken from '@salesforce/label/c.CtiErrorDeviceTaken';
import CtiErrorShiftOver from '@salesforce/label/c.CtiErrorShiftOver';
import CtiCureChooseDevice from '@salesforce/label/c.CtiCureChooseDevice';
import CtiCancel from '@salesforce/label/c.CtiCancel';
import CtiObjectContact from '@salesforce/label/c.CtiObjectContact';
import CtiObjectLead from '@salesforce/label/c.CtiObjectLead';
import CtiObjectAccount from '@salesforce/label/c.CtiObjectAccount';
import CtiRetryNow from '@salesforce/label/c.CtiRetryNow';
import CtiRetrying from '@salesforce/label/c.CtiRetrying';
import CtiUseHere from '@salesforce/label/c.CtiUseHere';
import CtiErrorOffline from '@salesforce/label/c.CtiErrorOffline';
import CtiCureOffline from '@salesforce/label/c.CtiCureOffline';
import CtiErrorUnreachable from '@salesforce/label/c.CtiErrorUnreachable';
import CtiCureUnreachable from '@salesforce/label/c.CtiCureUnreachable';
import CtiErrorLost from '@salesforce/label/c.CtiErrorLost';
import CtiErrorMixedContent from '@salesforce/label/c.CtiErrorMixedContent';
import CtiCureMixedContent from '@salesforce/label/c.CtiCureMixedContent';
import CtiErrorTrustedUrl from '@salesforce/label/c.CtiErrorTrustedUrl';
import CtiCureTrustedUrl from '@salesforce/label/c.CtiCureTrustedUrl';
import CtiErrorLocalNetwork from '@salesforce/label/c.CtiErrorLocalNetwork';
import CtiCureLocalNetwork from '@salesforce/label/c.CtiCureLocalNetwork';
import CtiErrorTicket from '@salesforce/label/c.CtiErrorTicket';
import CtiCureTicket from '@salesforce/label/c.CtiCureTicket';
import CtiErrorNoAgent from '@salesforce/label/c.CtiErrorNoAgent';
import CtiCureNoAgent from '@salesforce/label/c.CtiCureNoAgent';
import CtiErrorReplaced from '@salesforce/label/c.CtiErrorReplaced';
import CtiCureReplaced from '@salesforce/label/c.CtiCureReplaced';
import CtiErrorSignature from '@salesforce/label/c.CtiErrorSignature';
import CtiCureSignature from '@salesforce/label/c.CtiCureSignature';
import CtiErrorAudience from '@salesforce/label/c.CtiErrorAudience';
import CtiCureAudience from '@salesforce/label/c.CtiCureAudience';
import CtiErrorOrg from '@salesforce/label/c.CtiErrorOrg';
import CtiCureOrg from '@salesforce/label/c.CtiCureOrg';
import CtiErrorExpired from '@salesforce/label/c.CtiErrorExpired';
import CtiCureExpired from '@salesforce/label/c.CtiCureExpired';
import CtiErrorTooMany from '@salesforce/label/c.CtiErrorTooMany';
import CtiCureTooMany from '@salesforce/label/c.CtiCureTooMany';
import CtiErrorVersion from '@salesforce/label/c.CtiErrorVersion';
import CtiCureVersion from '@salesforce/label/c.CtiCureVersion';
import CtiErrorTimeout from '@salesforce/label/c.CtiErrorTimeout';
import CtiCureTimeout from '@salesforce/label/c.CtiCureTimeout';
import CtiErrorNotConnected from '@salesforce/label/c.CtiErrorNotConnected';
import CtiCureNotConnected from '@salesforce/label/c.CtiCureNotConnected';
import CtiErrorUnknown from '@salesforce/label/c.CtiErrorUnknown';
import CtiRecent from '@salesforce/label/c.CtiRecent';
import CtiRecentNone from '@salesforce/label/c.CtiRecentNone';
import CtiRecentMissed from '@salesforce/label/c.CtiRecentMissed';
import CtiRecentNew from '@salesforce/label/c.CtiRecentNew';
import CtiRecentShared from '@salesforce/label/c.CtiRecentShared';
import CtiRecentDone from '@salesforce/label/c.CtiRecentDone';
import CtiRecentIncoming from '@salesforce/label/c.CtiRecentIncoming';
import CtiRecentOutgoing from '@salesforce/label/c.CtiRecentOutgoing';
import CtiNoteOf from '@salesforce/label/c.CtiNoteOf';
import CtiNoteOutcome from '@salesforce/label/c.CtiNoteOutcome';
import CtiNoteNoOutcome from '@salesforce/label/c.CtiNoteNoOutcome';
import CtiNoteFollowUp from '@salesforce/label/c.CtiNoteFollowUp';
import CtiNoteSaved from '@salesforce/label/c.CtiNoteSaved';
import CtiNoteUnsaved from '@salesforce/label/c.CtiNoteUnsaved';
import CtiNoteLost from '@salesforce/label/c.CtiNoteLost';
import CtiNoteTooLong from '@salesforce/label/c.CtiNoteTooLong';
import CtiOutcomeDone from '@salesforce/label/c.CtiOutcomeDone';
import CtiOutcomeCallBack from '@salesforce/label/c.CtiOutcomeCallBack';
import CtiOutcomePassedOn from '@salesforce/label/c.CtiOutcomePassedOn';
import CtiOutcomeNotReached from '@salesforce/label/c.CtiOutcomeNotReached';
import CtiOutcomeWrongNumber from '@salesforce/label/c.CtiOutcomeWrongNumber';
import CtiAttachOffer from '@salesforce/label/c.CtiAttachOffer';
import CtiAttach from '@salesforce/label/c.CtiAttach';
import CtiAttachInstead from '@salesforce/label/c.CtiAttachInstead';
import CtiAttached from '@salesforce/label/c.CtiAttached';
import CtiDetach from '@salesforce/label/c.CtiDetach';
import CtiLanguage from '@salesforce/label/c.CtiLanguage';
import CtiNoteNotLogged from '@salesforce/label/c.CtiNoteNotLogged';
import CtiAttachDone from '@salesforce/label/c.CtiAttachDone';
import CtiRingMute from '@salesforce/label/c.CtiRingMute';
import CtiRingUnmute from '@salesforce/label/c.CtiRingUnmute';
import CtiRingBlocked from '@salesforce/label/c.CtiRingBlocked';
import CtiRingBlockedCure from '@salesforce/label/c.CtiRingBlockedCure';

export const labels = {
    recent: CtiRecent,
    recentNone: CtiRecentNone,
    recentMissed: CtiRecentMissed,
    recentNew: CtiRecentNew,
    recentShared: CtiRecentShared,
    recentDone: CtiRecentDone,
    recentIncoming: CtiRecentIncoming,
    recentOutgoing: CtiRecentOutgoing,
    phone: CtiPhone,
    connected: CtiConnected,
    connecting: CtiConnecting,
    offline: CtiOffline,
    calls: CtiCalls,
    noCalls: CtiNoCalls,
    number: CtiNumber,
    numberHint: CtiNumberHint,
    dial: CtiDial,
    dialNumber: CtiDialNumber,
    dialing: CtiDialing,
    phoneNumbers: CtiPhoneNumbers,
    noPhoneNumbers: CtiNoPhoneNumbers,
    stateRinging: CtiStateRinging,
    stateRingingInternal: CtiStateRingingInternal,
    stateRingingOutbound: CtiStateRingingOutbound,
    stateDialing: CtiStateDialing,
    stateConnected: CtiStateConnected,
    stateHeld: CtiStateHeld,
    ended: CtiEnded,
    endedAbandoned: CtiEndedAbandoned,
    endedAnsweredElsewhere: CtiEndedAnsweredElsewhere,
    endedDiverted: CtiEndedDiverted,
    endedBusy: CtiEndedBusy,
    endedDeclined: CtiEndedDeclined,
    endedFailed: CtiEndedFailed,
    endedTransferred: CtiEndedTransferred,
    withheld: CtiWithheld,
    unknownNumber: CtiUnknownNumber,
    lookingUp: CtiLookingUp,
    noRecord: CtiNoRecord,
    knownCustomer: CtiKnownCustomer,
    probable: CtiProbable,
    probableHelp: CtiProbableHelp,
    companyMatch: CtiCompanyMatch,
    companyMatchHelp: CtiCompanyMatchHelp,
    severalRecords: CtiSeveralRecords,
    openRecord: CtiOpenRecord,
    chosen: CtiChosen,
    create: CtiCreate,
    dismiss: CtiDismiss,
    runningTime: CtiRunningTime,
    group: CtiGroup,
    announceRinging: CtiAnnounceRinging,
    announceEnded: CtiAnnounceEnded,
    actionAnswer: CtiActionAnswer,
    actionReject: CtiActionReject,
    actionHangup: CtiActionHangup,
    actionHold: CtiActionHold,
    actionRetrieve: CtiActionRetrieve,
    actionTransfer: CtiActionTransfer,
    actionConsult: CtiActionConsult,
    actionComplete: CtiActionComplete,
    actionSwap: CtiActionSwap,
    transferTo: CtiTransferTo,
    consultWith: CtiConsultWith,
    endedAnsweredBy: CtiEndedAnsweredBy,
    endedTransferredTo: CtiEndedTransferredTo,
    transferredBy: CtiTransferredBy,
    note: CtiNote,
    deviceToday: CtiDeviceToday,
    deviceNone: CtiDeviceNone,
    actionPrivate: CtiActionPrivate,
    privateConfirm: CtiPrivateConfirm,
    errorDeviceTaken: CtiErrorDeviceTaken,
    errorShiftOver: CtiErrorShiftOver,
    cureChooseDevice: CtiCureChooseDevice,
    cancel: CtiCancel,
    objectContact: CtiObjectContact,
    objectLead: CtiObjectLead,
    objectAccount: CtiObjectAccount,
    retryNow: CtiRetryNow,
    retrying: CtiRetrying,
    useHere: CtiUseHere,
    errorOffline: CtiErrorOffline,
    cureOffline: CtiCureOffline,
    errorUnreachable: CtiErrorUnreachable,
    cureUnreachable: CtiCureUnreachable,
    errorLost: CtiErrorLost,
    errorMixedContent: CtiErrorMixedContent,
    cureMixedContent: CtiCureMixedContent,
    errorTrustedUrl: CtiErrorTrustedUrl,
    cureTrustedUrl: CtiCureTrustedUrl,
    errorLocalNetwork: CtiErrorLocalNetwork,
    cureLocalNetwork: CtiCureLocalNetwork,
    errorTicket: CtiErrorTicket,
    cureTicket: CtiCureTicket,
    errorNoAgent: CtiErrorNoAgent,
    cureNoAgent: CtiCureNoAgent,
    errorReplaced: CtiErrorReplaced,
    cureReplaced: CtiCureReplaced,
    errorSignature: CtiErrorSignature,
    cureSignature: CtiCureSignature,
    errorAudience: CtiErrorAudience,
    cureAudience: CtiCureAudience,
    errorOrg: CtiErrorOrg,
    cureOrg: CtiCureOrg,
    errorExpired: CtiErrorExpired,
    cureExpired: CtiCureExpired,
    errorTooMany: CtiErrorTooMany,
    cureTooMany: CtiCureTooMany,
    errorVersion: CtiErrorVersion,
    cureVersion: CtiCureVersion,
    errorTimeout: CtiErrorTimeout,
    cureTimeout: CtiCureTimeout,
    errorNotConnected: CtiErrorNotConnected,
    cureNotConnected: CtiCureNotConnected,
    errorUnknown: CtiErrorUnknown,
    noteOf: CtiNoteOf,
    noteOutcome: CtiNoteOutcome,
    noteNoOutcome: CtiNoteNoOutcome,
    noteFollowUp: CtiNoteFollowUp,
    noteSaved: CtiNoteSaved,
    noteUnsaved: CtiNoteUnsaved,
    noteLost: CtiNoteLost,
    noteTooLong: CtiNoteTooLong,
    outcomeDone: CtiOutcomeDone,
    outcomeCallBack: CtiOutcomeCallBack,
    outcomePassedOn: CtiOutcomePassedOn,
    outcomeNotReached: CtiOutcomeNotReached,
    outcomeWrongNumber: CtiOutcomeWrongNumber,
    attachOffer: CtiAttachOffer,
    attach: CtiAttach,
    attachInstead: CtiAttachInstead,
    attached: CtiAttached,
    detach: CtiDetach,
    language: CtiLanguage,
    noteNotLogged: CtiNoteNotLogged,
    attachDone: CtiAttachDone,
    ringMute: CtiRingMute,
    ringUnmute: CtiRingUnmute,
    ringBlocked: CtiRingBlocked,
    ringBlockedCure: CtiRingBlockedCure
};

/**
 * Fills the numbered holes of a text.
 * @param {string} text a label such as "Call {0}"
 * @param {...unknown} values what replaces {0}, {1} …
 * @returns {string}
 */
export function say(text, ...values) {
    return text.replace(/\{(\d)\}/g, (hole, index) => values[index] ?? hole);
}
