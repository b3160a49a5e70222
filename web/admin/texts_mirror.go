package admin

// mirrorTexts are the sentences of a mirror (links of type hep), in German.
func mirrorTexts() map[string]string {
	return map[string]string{
		"The mirror cannot listen on %s: %s.": "Der Mirror kann auf %[1]s nicht empfangen: %[2]s.",
		"Check that the address is one of this machine and that no other program uses the port. The link tries again by itself.": "Prüfen Sie, ob die Adresse eine dieser Maschine ist und kein anderes Programm den Port belegt. Der Link versucht es von selbst wieder.",
		"No mirrored messages have come for a minute.":                                                                                                                          "Seit einer Minute sind keine gespiegelten Nachrichten gekommen.",
		"Packets come from %s, which is not among the allowed sources; they are dropped.":                                                                                       "Es kommen Pakete von %[1]s, das nicht zu den erlaubten Quellen gehört; sie werden verworfen.",
		"If that is the PBX, add the address to the link's sources.":                                                                                                            "Ist das die Anlage, nehmen Sie die Adresse in die Quellen des Links auf.",
		"Packets from %s come with another key than this link's password, or without one; they are dropped.":                                                                    "Pakete von %[1]s tragen einen anderen Schlüssel als das Passwort dieses Links, oder keinen; sie werden verworfen.",
		"The PBX at %s mirrors in an old version of HEP that has no key; the packets are dropped.":                                                                              "Die Anlage %[1]s spiegelt in einer alten HEP-Version, die keinen Schlüssel hat; die Pakete werden verworfen.",
		"Set HEP version 3: hep_version 3 on Kamailio, hep=3 in capture-server of FreeSWITCH.":                                                                                  "Stellen Sie HEP-Version 3 ein: hep_version 3 bei Kamailio, hep=3 in capture-server bei FreeSWITCH.",
		"What comes from %s cannot be read as HEP: %s.":                                                                                                                         "Was von %[1]s kommt, ist als HEP nicht lesbar: %[2]s.",
		"Let the PBX mirror to %s over %s":                                                                                                                                      "Lassen Sie die Anlage über %[2]s an %[1]s spiegeln",
		"Hold is not told: it stands in the bodies of the messages, which this bridge does not read.":                                                                           "Halten wird nicht gemeldet: Es steht in den Rümpfen der Nachrichten, die diese Bridge nicht liest.",
		"Watch the extensions over a SIP link as well, and name it in the mirror's beside.":                                                                                     "Beobachten Sie die Nebenstellen auch über einen SIP-Link, und nennen Sie ihn beim Mirror unter beside.",
		"Calls that ran before the bridge was started are not known, and a lost packet may leave a call open.":                                                                  "Gespräche, die vor dem Start der Bridge begannen, sind nicht bekannt, und ein verlorenes Paket kann ein Gespräch offen lassen.",
		"A mirror only listens: calls cannot be placed, answered or ended over it.":                                                                                             "Ein Mirror hört nur zu: Über ihn lässt sich nicht wählen, annehmen oder auflegen.",
		"Add a SIP link to the same PBX and name it in the mirror's beside.":                                                                                                    "Legen Sie einen SIP-Link zu derselben Anlage an, und nennen Sie ihn beim Mirror unter beside.",
		"Give the PBX the same key: capture_password in hep.conf of Asterisk, auth_key of siptrace on Kamailio; FreeSWITCH cannot send one, so leave the password empty there.": "Geben Sie der Anlage denselben Schlüssel: capture_password in hep.conf bei Asterisk, auth_key von siptrace bei Kamailio; FreeSWITCH kann keinen senden, lassen Sie das Passwort dort leer.",

		"%s: hep.conf with enabled=yes and capture_address, modules res_hep and res_hep_pjsip. A firewall may stand between.":                  "%[1]s: hep.conf mit enabled=yes und capture_address, Module res_hep und res_hep_pjsip. Dazwischen kann eine Firewall stehen.",
		"%s: capture-server \"udp:ADDRESS:PORT;hep=3\" in sofia.conf and sip-capture=yes on the profile. A firewall may stand between.":        "%[1]s: capture-server \"udp:ADRESSE:PORT;hep=3\" in sofia.conf und sip-capture=yes im Profil. Dazwischen kann eine Firewall stehen.",
		"%s: the module siptrace with duplicate_uri, trace_on=1, trace_mode=1, hep_mode_on=1 and hep_version=3. A firewall may stand between.": "%[1]s: das Modul siptrace mit duplicate_uri, trace_on=1, trace_mode=1, hep_mode_on=1 und hep_version=3. Dazwischen kann eine Firewall stehen.",
		"%s. Asterisk: hep.conf with enabled=yes and capture_address, modules res_hep and res_hep_pjsip. FreeSWITCH: capture-server \"udp:ADDRESS:PORT;hep=3\" in sofia.conf and sip-capture=yes on the profile. Kamailio: the module siptrace with duplicate_uri, trace_on=1, trace_mode=1, hep_mode_on=1 and hep_version=3. A firewall may stand between.": "%[1]s. Asterisk: hep.conf mit enabled=yes und capture_address, Module res_hep und res_hep_pjsip. FreeSWITCH: capture-server \"udp:ADRESSE:PORT;hep=3\" in sofia.conf und sip-capture=yes im Profil. Kamailio: das Modul siptrace mit duplicate_uri, trace_on=1, trace_mode=1, hep_mode_on=1 und hep_version=3. Dazwischen kann eine Firewall stehen.",
	}
}

// transportTexts are what a connection over SIP says of its end, in German.
func transportTexts() map[string]string {
	return map[string]string{
		"Check that this machine reaches its DNS server, and that the name is right.":                                        "Prüfen Sie, ob diese Maschine ihren DNS-Server erreicht und ob der Name stimmt.",
		"Check the name of the server, or enter its IP address.":                                                             "Prüfen Sie den Namen des Servers, oder tragen Sie seine IP-Adresse ein.",
		"Choose another transport, or enter the server with its port.":                                                       "Wählen Sie einen anderen Transport, oder tragen Sie den Server mit seinem Port ein.",
		"DNS does not know the name %s":                                                                                      "das DNS kennt den Namen %[1]s nicht",
		"DNS says that %s offers no SIP over this transport":                                                                 "laut DNS bietet %[1]s über diesen Transport kein SIP an",
		"the name %s cannot be looked up in DNS":                                                                             "der Name %[1]s lässt sich im DNS nicht nachschlagen",
		"its domain says that it has no such service":                                                                        "seine Domain sagt, dass es den Dienst dort nicht gibt",
		"the PBX does not answer keep-alives any more":                                                                       "die Anlage antwortet nicht mehr auf Lebenszeichen",
		"the PBX closed the connection":                                                                                      "die Anlage hat die Verbindung geschlossen",
		"the PBX does not read what we send":                                                                                 "die Anlage liest nicht, was wir senden",
		"the PBX began a message and did not end it":                                                                         "die Anlage hat eine Nachricht angefangen und nicht beendet",
		"a SIP response that answers nothing of ours":                                                                        "eine SIP-Antwort, auf die niemand wartet",
		"The PBX cannot be reached over %s: %s.":                                                                             "Die Anlage ist über %[1]s nicht erreichbar: %[2]s.",
		"Choose another port as the listen address, or end the program that uses this one.":                                  "Wählen Sie beim Empfang einen anderen Port, oder beenden Sie das Programm, das diesen belegt.",
		"Correct the listen address in the link's settings: it must be an address of this machine with a port that is free.": "Berichtigen Sie die Empfangsadresse in den Einstellungen des Links: Sie muss eine Adresse dieser Maschine mit einem freien Port sein.",
		"this machine cannot listen at %s: %s":                                                                               "diese Maschine kann auf %[1]s nicht empfangen: %[2]s",
		"no answer from the PBX":                                                                                             "keine Antwort von der Anlage",
		"the connection to the PBX broke":                                                                                    "die Verbindung zur Anlage ist abgebrochen",
	}
}
