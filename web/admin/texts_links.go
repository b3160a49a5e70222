package admin

import "maps"

// linkTexts are the sentences of the links, in German. %s is a blank in
// the English ones, %[1]s the first of them in the German ones.
func linkTexts() map[string]string {
	const (
		mirror   = "let the PBX send a copy of its SIP messages to the bridge, as a link of type hep beside this one."
		mirrorDE = "lassen Sie die Anlage eine Kopie ihrer SIP-Nachrichten an die Bridge senden (Link vom Typ hep neben diesem)."
	)
	texts := map[string]string{
		"The PBX at %s cannot be reached over %s: %s.":                          "Die Anlage %[1]s ist über %[2]s nicht erreichbar: %[3]s.",
		"it does not answer":                                                    "sie antwortet nicht",
		"it has forgotten our subscriptions, probably because it was restarted": "sie kennt unsere Abonnements nicht mehr, wahrscheinlich nach einem Neustart",
		"Check that the PBX is running, that address, port and transport are right, and that no firewall stands between. The link tries again by itself.": "Prüfen Sie, ob die Anlage läuft, ob Adresse, Port und Transport stimmen und ob keine Firewall dazwischensteht. Der Link versucht es von selbst wieder.",
		"The link has been stopped.":                                                                                                  "Der Link wurde angehalten.",
		"%s of %s extensions cannot be watched; the first is %s: %s":                                                                  "%[1]s von %[2]s Nebenstellen lassen sich nicht beobachten; die erste ist %[3]s: %[4]s",
		`The PBX refuses user name "%s" or its password.`:                                                                             "Die Anlage lehnt den Benutzernamen „%[1]s“ oder sein Passwort ab.",
		"Enter the user name and password that the PBX has for this bridge.":                                                          "Tragen Sie Benutzernamen und Passwort ein, die die Anlage für diese Bridge hat.",
		"The PBX asks for a user name and password, and none are set.":                                                                "Die Anlage verlangt Benutzernamen und Passwort, und es sind keine eingetragen.",
		"Set the user name and password that the PBX has for this bridge.":                                                            "Tragen Sie Benutzernamen und Passwort ein, die die Anlage für diese Bridge hat.",
		"The PBX asks for a kind of authentication that this bridge cannot do.":                                                       "Die Anlage verlangt eine Anmeldung, die diese Bridge nicht beherrscht.",
		"Allow digest authentication with MD5 or SHA-256 for this bridge's user.":                                                     "Erlauben Sie dem Benutzer dieser Bridge die Digest-Anmeldung mit MD5 oder SHA-256.",
		"The PBX does not know extension %s, or has nothing to report about it.":                                                      "Die Anlage kennt die Nebenstelle %[1]s nicht oder hat nichts über sie zu berichten.",
		"Check the extension. On Asterisk it needs a hint in the subscribe context of this bridge's endpoint.":                        "Prüfen Sie die Nebenstelle. Unter Asterisk braucht sie einen Hint im subscribe_context des Endpunkts dieser Bridge.",
		"The PBX does not allow this bridge to watch extension %s.":                                                                   "Die Anlage erlaubt dieser Bridge nicht, die Nebenstelle %[1]s zu beobachten.",
		"Allow subscriptions (BLF, presence) to this extension for this bridge's user.":                                               "Erlauben Sie dem Benutzer dieser Bridge Abonnements (BLF, Presence) auf diese Nebenstelle.",
		`The PBX does not offer the SIP event package "dialog" (BLF).`:                                                                "Die Anlage bietet das SIP-Ereignispaket „dialog“ (BLF) nicht an.",
		"Switch dialog events on: res_pjsip_exten_state on Asterisk, manage-presence on FreeSWITCH, presence_dialoginfo on Kamailio.": "Schalten Sie Dialog-Ereignisse ein: res_pjsip_exten_state unter Asterisk, manage-presence unter FreeSWITCH, presence_dialoginfo unter Kamailio.",
		"The PBX does not answer for this extension: %s.":                                                                             "Die Anlage antwortet für diese Nebenstelle nicht: %[1]s.",
		"The link tries again by itself.":                                                                                             "Der Link versucht es von selbst wieder.",
		"The PBX answers %s.":                                                                                                         "Die Anlage antwortet mit %[1]s.",
		"See the PBX's log. The link tries again by itself.":                                                                          "Sehen Sie im Protokoll der Anlage nach. Der Link versucht es von selbst wieder.",
		"The PBX accepted the subscription but reports nothing.":                                                                      "Die Anlage hat das Abonnement angenommen, berichtet aber nichts.",
		"If it lists many extensions at once, use TCP; else see the PBX's log for NOTIFYs that it could not send.":                    "Wenn sie viele Nebenstellen auf einmal auflistet, nehmen Sie TCP; sonst suchen Sie im Protokoll der Anlage nach NOTIFYs, die sie nicht senden konnte.",
		"The PBX has ended the report on this extension.":                                                                             "Die Anlage hat die Meldungen über diese Nebenstelle beendet.",
		"Check that the extension still exists and may be watched.":                                                                   "Prüfen Sie, ob es die Nebenstelle noch gibt und ob sie beobachtet werden darf.",
		"This is not the name of an extension.":                                                                                       "Das ist kein Name einer Nebenstelle.",
		"Correct the extension in the agent's settings.":                                                                              "Berichtigen Sie die Nebenstelle beim Agenten.",

		"%s is no list on the PBX.": "%[1]s ist keine Liste der Anlage.",
		"Correct the name of the list, or make it: type=resource_list on Asterisk, with event=dialog.":                                                  "Berichtigen Sie den Namen der Liste oder legen Sie sie an: unter Asterisk type=resource_list mit event=dialog.",
		"The PBX does not know the list %s, or offers no lists (RFC 4662).":                                                                             "Die Anlage kennt die Liste %[1]s nicht oder bietet keine Listen an (RFC 4662).",
		"Correct the name of the list, or make it: type=resource_list on Asterisk, with event=dialog. Its extensions are watched one by one meanwhile.": "Berichtigen Sie den Namen der Liste oder legen Sie sie an: unter Asterisk type=resource_list mit event=dialog. Ihre Nebenstellen werden so lange einzeln beobachtet.",
		"The PBX does not allow this bridge to watch the list %s.":                                                                                      "Die Anlage erlaubt dieser Bridge nicht, die Liste %[1]s zu beobachten.",
		"Allow subscriptions to this list for this bridge's user. Its extensions are watched one by one meanwhile.":                                     "Erlauben Sie dem Benutzer dieser Bridge Abonnements auf diese Liste. Ihre Nebenstellen werden so lange einzeln beobachtet.",
		"The PBX accepted the list %s but reports nothing.":                                                                                             "Die Anlage hat die Liste %[1]s angenommen, berichtet aber nichts.",
		"Make lists of at most 100 extensions on the PBX: a longer one does not fit into one message. Its extensions are watched one by one meanwhile.": "Legen Sie auf der Anlage Listen mit höchstens 100 Nebenstellen an: Eine längere passt nicht in eine Nachricht. Ihre Nebenstellen werden so lange einzeln beobachtet.",
		"The PBX has ended the report on the list %s.":                                                                                                  "Die Anlage hat die Meldungen über die Liste %[1]s beendet.",
		"Check that the list still exists on the PBX and may be watched.":                                                                               "Prüfen Sie, ob es die Liste auf der Anlage noch gibt und ob sie beobachtet werden darf.",

		"%s of %s extensions are in none of the lists and are watched one by one; the first is %s.": "%[1]s von %[2]s Nebenstellen stehen in keiner der Listen und werden einzeln beobachtet; die erste ist %[3]s.",
		"Add them to a list on the PBX.": "Nehmen Sie sie auf der Anlage in eine Liste auf.",
		"Resource lists need TCP or TLS, since their reports do not fit into UDP packets; the extensions are watched one by one.": "Listen brauchen TCP oder TLS, weil ihre Meldungen nicht in UDP-Pakete passen; die Nebenstellen werden einzeln beobachtet.",
		"Set the link's transport to tcp or tls, or take the lists out of its settings.":                                          "Stellen Sie den Transport des Links auf tcp oder tls, oder nehmen Sie die Listen aus seinen Einstellungen.",

		"The link uses the server %s, because a preferred one does not work: %s.":                                           "Der Link nutzt den Server %[1]s, weil ein bevorzugter nicht funktioniert: %[2]s.",
		"Mend the preferred server, or take it out of the list. The link goes back to it when it next has to connect anew.": "Bringen Sie den bevorzugten Server in Ordnung, oder nehmen Sie ihn aus der Liste. Der Link kehrt zu ihm zurück, wenn er sich das nächste Mal neu verbinden muss.",

		"The link is set to the profile %s, but what the PBX sends looks like %s.":    "Der Link ist auf das Profil %[1]s eingestellt, aber was die Anlage sendet, sieht nach %[2]s aus.",
		"Set the link's profile to %s, or leave it empty to let the bridge find out.": "Stellen Sie das Profil des Links auf %[1]s, oder lassen Sie es leer, dann findet die Bridge es heraus.",

		"Asterisk does not tell the number of a call that was dialled on the telephone.":                                        "Asterisk nennt die Nummer eines am Telefon gewählten Gesprächs nicht.",
		"Dial from the panel, or " + mirror:                                                                                     "Wählen Sie aus dem Panel, oder " + mirrorDE,
		"Asterisk names a caller only while the telephone rings, and not when the call was answered.":                           "Asterisk nennt einen Anrufer nur, solange das Telefon klingelt, und nicht beim Annehmen.",
		"Nothing needs to be done: the bridge remembers who rang. To be certain, " + mirror:                                     "Es ist nichts zu tun: Die Bridge merkt sich, wer anrief. Für Gewissheit " + mirrorDE,
		"Of calls that were answered before the bridge connected Asterisk does not name the caller.":                            "Von Gesprächen, die angenommen wurden, bevor sich die Bridge verband, nennt Asterisk den Anrufer nicht.",
		"Asterisk does not tell that an agent holds a call.":                                                                    "Asterisk meldet nicht, dass ein Agent ein Gespräch hält.",
		"Nothing can be done: the call shows as connected. A mirror does not tell it either.":                                   "Daran ist nichts zu ändern: Das Gespräch erscheint als verbunden. Auch ein Mirror meldet es nicht.",
		"Nothing needs to be done: the next call is told of again.":                                                             "Es ist nichts zu tun: Der nächste Anruf wird wieder gemeldet.",
		"Asterisk tells of a second call only where it is set so, and never whether that call was answered or given up.":        "Asterisk meldet einen zweiten Anruf nur, wenn es so eingestellt ist, und nie, ob er angenommen oder aufgegeben wurde.",
		"Set notify_early_inuse_ringing=yes on the bridge's endpoint in pjsip.conf. What is not certain is marked as probable.": "Setzen Sie notify_early_inuse_ringing=yes beim Endpunkt der Bridge in pjsip.conf. Was nicht sicher ist, wird als wahrscheinlich gekennzeichnet.",
		"After a transfer with consultation or a pick-up the PBX does not name the caller. The bridge infers who it is and marks that as probable; after an outgoing call it shows only who transferred it.": "Nach einer Übergabe mit Rückfrage oder einer Anrufübernahme nennt die Anlage den Anrufer nicht. Die Bridge schließt auf ihn und kennzeichnet das als wahrscheinlich; nach einem ausgehenden Gespräch zeigt sie nur, wer es übergeben hat.",
		"Give the bridge all extensions that hand calls on. To be certain, " + mirror:                                                      "Geben Sie der Bridge alle Nebenstellen, die Gespräche weitergeben. Für Gewissheit " + mirrorDE,
		"FreeSWITCH shows the numbers of callers who withheld them, and nothing in its events says that they did.":                         "FreeSWITCH zeigt auch unterdrückte Rufnummern, und nichts in seinen Ereignissen sagt, dass sie unterdrückt wurden.",
		"Set presence-privacy on the sofia profile, or Presence-Privacy in the dialplan, for withheld callers. Or " + mirror:               "Setzen Sie für Anrufer mit unterdrückter Nummer presence-privacy im Sofia-Profil oder Presence-Privacy im Wählplan. Oder " + mirrorDE,
		"FreeSWITCH does not tell that some calls have ended: a consultation that became a transfer, a caller who gives up while on hold.": "FreeSWITCH meldet das Ende mancher Gespräche nicht: einer Rückfrage, die zur Übergabe wurde, eines Anrufers, der in der Warteschleife auflegt.",
		"Nothing needs to be done: the bridge asks again about calls that were silent for two minutes.":                                    "Es ist nichts zu tun: Die Bridge fragt nach Gesprächen, von denen zwei Minuten nichts zu hören war.",
		"Kamailio names callers by the From header field only, without a name and without P-Asserted-Identity.":                            "Kamailio nennt Anrufer nur nach dem Header-Feld From, ohne Namen und ohne P-Asserted-Identity.",
		"Let the trunk put the caller's number into From.":                                                                                 "Lassen Sie den Trunk die Nummer des Anrufers in From schreiben.",
		"How a transfer shows depends on the telephones, because Kamailio hands it from one to the other. Nobody has verified it.":         "Wie sich eine Übergabe zeigt, hängt von den Telefonen ab, weil Kamailio sie vom einen zum anderen durchreicht. Geprüft hat das niemand.",
		"Try a transfer with your telephones. To be certain, " + mirror:                                                                    "Probieren Sie eine Übergabe mit Ihren Telefonen. Für Gewissheit " + mirrorDE,
		"What this PBX tells of outgoing calls, second calls, transfers and withheld numbers is not known.":                                "Was diese Anlage über ausgehende und zweite Gespräche, Übergaben und unterdrückte Nummern sagt, ist nicht bekannt.",
		"Try each with a test call. If the PBX is Asterisk, FreeSWITCH or Kamailio, set the link's profile so.":                            "Probieren Sie jedes mit einem Testanruf. Ist die Anlage Asterisk, FreeSWITCH oder Kamailio, stellen Sie das Profil des Links so ein.",
		"The PBX does not tell which of your numbers a caller dialled.":                                                                    "Die Anlage sagt nicht, welche Ihrer Nummern ein Anrufer gewählt hat.",
		"If you need it, " + mirror: "Wenn Sie das brauchen, " + mirrorDE,
	}
	maps.Copy(texts, orgTexts())
	maps.Copy(texts, elsewhereTexts())
	maps.Copy(texts, orgFaultTexts())
	maps.Copy(texts, orgTryTexts())
	maps.Copy(texts, orgCureTexts())
	maps.Copy(texts, signInCureTexts())
	maps.Copy(texts, apiCureTexts())
	maps.Copy(texts, orgSyncTexts())
	maps.Copy(texts, writeCureTexts())
	maps.Copy(texts, mirrorTexts())
	maps.Copy(texts, transportTexts())
	maps.Copy(texts, cstaTexts())
	maps.Copy(texts, deskTexts())
	maps.Copy(texts, cstaRefusals())
	maps.Copy(texts, trustTexts())
	return texts
}
