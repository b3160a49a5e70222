package admin

// orgFaultTexts are what the store and an org find wrong with the settings of an
// org or an object, in German.
func orgFaultTexts() map[string]string {
	return map[string]string{
		// Of every entry.
		"is missing":                            "fehlt",
		"must not be longer than 80 characters": "darf nicht länger als 80 Zeichen sein",
		"must not contain control characters":   "darf keine Steuerzeichen enthalten",
		"must be scheme and host only, such as https://example.my.salesforce.com": "darf nur aus Schema und Host bestehen, etwa https://example.my.salesforce.com",
		"must begin with https://": "muss mit https:// beginnen",
		`"%s" is not a Salesforce id of 15 or 18 characters; one may be mistyped`: "„%[1]s“ ist keine Salesforce-ID aus 15 oder 18 Zeichen; vielleicht ein Tippfehler",
		`"%s" is not the id of %s, which begins with %s`:                          "„%[1]s“ ist nicht die richtige Art von ID (%[2]s); sie beginnt mit %[3]s",
		`"%s" is unknown; use %s`:                                                 "„%[1]s“ ist unbekannt; möglich sind %[2]s",

		// Of an org.
		"another org already has the name %s; choose another one":                                                 "eine andere Org heißt schon %[1]s; wählen Sie einen anderen Namen",
		"the bridge signs in to the org to search it: give clientID and clientSecret, or leave liveSearch out":    "die Bridge meldet sich zum Suchen bei der Org an: Tragen Sie die Anmeldung ein oder schalten Sie die Live-Suche aus",
		"is missing: the user whom the bridge signs in, as in Setup, Users":                                       "fehlt: der Benutzer, als der sich die Bridge anmeldet, wie im Setup unter „Benutzer“",
		"is missing: the consumer key of the external client app":                                                 "fehlt: der Consumer-Schlüssel der externen Client-Anwendung",
		"is missing: the proxy that user name and exceptions are for, such as http://proxy.example.com:3128":      "fehlt: der Proxy, für den Benutzername und Ausnahmen gelten, etwa http://proxy.example.com:3128",
		"must be from 1 to 100 per cent of the org's API calls; leave it out for the default":                     "muss zwischen 1 und 100 Prozent der API-Aufrufe der Org liegen; leer gilt der Standard",
		"must not be above stopAt, which is %s":                                                                   "darf nicht über der Grenze zum Aufhören liegen, die %[1]s ist",
		"there are two certificates with the kid %s; keep one":                                                    "es gibt zwei Zertifikate mit dem Namen %[1]s; behalten Sie eines",
		"org %s has the same key; create a certificate of its own in each org":                                    "die Org %[1]s hat denselben Schlüssel; erzeugen Sie in jeder Org ein eigenes Zertifikat",
		"is not PEM; paste all of the certificate, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----": "ist kein PEM; fügen Sie das ganze Zertifikat ein, von -----BEGIN CERTIFICATE----- bis -----END CERTIFICATE-----",
		"holds several PEM blocks; give each certificate an entry of its own":                                     "enthält mehrere PEM-Blöcke; tragen Sie jedes Zertifikat für sich ein",
		"is not an RSA key; tickets are signed with RS256, so use an RSA certificate":                             "ist kein RSA-Schlüssel; Tickets werden mit RS256 unterschrieben, nehmen Sie also ein RSA-Zertifikat",
		"is shorter than 2048 bits; create a certificate with 2048 bits or more":                                  "ist kürzer als 2048 Bit; erzeugen Sie ein Zertifikat mit mindestens 2048 Bit",

		// Of an object.
		`"%s" is not the API name of an object, such as Contact or Branch__c`: "„%[1]s“ ist kein API-Name eines Objekts wie Contact oder Branch__c",
		"write %s":                                                             "schreiben Sie %[1]s",
		"must not have more than %s sources":                                   "darf nicht mehr als %[1]s Quellen haben",
		"must not have more than %s fields":                                    "darf nicht mehr als %[1]s Felder haben",
		"must not have more than %s addresses":                                 "darf nicht mehr als %[1]s Adressen haben",
		"must not be longer than %s characters":                                "darf nicht länger als %[1]s Zeichen sein",
		"must be a field: under a constant number every record would be found": "Nehmen Sie ein Feld: Unter einer festen Nummer würde jeder Datensatz gefunden",
		`"%s" is not a Salesforce id of 15 or 18 characters`:                   "„%[1]s“ ist keine Salesforce-ID aus 15 oder 18 Zeichen",
		`"%s" is neither a field (Phone), a path (Account.BillingCity), a constant (=VIP) nor * for the default`:                                      "„%[1]s“ ist weder ein Feld (Phone) noch ein Pfad (Account.BillingCity), ein fester Wert (=VIP) oder * für den Standard",
		`"%s" is neither a field (Title) nor a path (Account.Industry)`:                                                                               "„%[1]s“ ist weder ein Feld (Title) noch ein Pfad (Account.Industry)",
		"must be a web address, such as {instance}/{id} or https://erp.example.com/?id={id}":                                                          "muss eine Web-Adresse sein, etwa {instance}/{id} oder https://erp.example.com/?id={id}",
		"knows {id}, {object} and {instance} only":                                                                                                    "kennt nur {id}, {object} und {instance}",
		"must contain {id}, or it leads to the same page for all records":                                                                             "muss {id} enthalten, sonst führt sie bei allen Datensätzen zur selben Seite",
		"is the condition alone, without the word WHERE":                                                                                              "ist nur die Bedingung, ohne das Wort WHERE",
		"the run-as user cannot see %s, or it does not exist":                                                                                         "der „Ausführen als“-Benutzer sieht %[1]s nicht, oder es gibt es nicht",
		"the where-clause names a field that the run-as user cannot see: %s":                                                                          "die Bedingung nennt ein Feld, das der „Ausführen als“-Benutzer nicht sieht: %[1]s",
		"Salesforce does not understand the where-clause: %s":                                                                                         "Salesforce versteht die Bedingung nicht: %[1]s",
		"Check how the field is written in the where-clause of %s. If it is right, give “Read Access” to it in a permission set (field permissions).": "Prüfen Sie, wie das Feld in der Bedingung von %[1]s geschrieben ist. Stimmt es, geben Sie in einem Berechtigungssatz Lesezugriff darauf (Feldberechtigungen).",
		"Correct the where-clause of %s: a condition as behind WHERE in SOQL, such as Type = 'Customer' AND BillingCountry != null.":                  "Berichtigen Sie die Bedingung von %[1]s: wie hinter WHERE in SOQL, etwa Type = 'Customer' AND BillingCountry != null.",
		"Check how the object is written (Branch__c), and give “Read” and “View All Records” on %s in a permission set.":                              "Prüfen Sie, wie das Objekt geschrieben ist (Branch__c), und geben Sie für %[1]s in einem Berechtigungssatz „Lesen“ und „Alle Datensätze anzeigen“.",
		"the run-as user cannot see %s; agents who may not see it either are not shown it":                                                            "der „Ausführen als“-Benutzer sieht %[1]s nicht; auch Agenten, die es nicht sehen dürfen, wird es nicht gezeigt",
		"has a bracket or a quote that is not closed":                                                                                                 "hat eine Klammer oder ein Anführungszeichen, die nicht geschlossen sind",
	}
}

// orgTryTexts are what an administrator's test of an org says, in German.
func orgTryTexts() map[string]string {
	return map[string]string{
		"Salesforce lets the bridge in; this is the org %s.": "Salesforce lässt die Bridge herein; das ist die Org %[1]s.",
		"%s can be read.":                                                                               "%[1]s ist lesbar.",
		"%s could not be looked at: %s":                                                                 "%[1]s ließ sich nicht ansehen: %[2]s",
		"The keys belong to the org %s, not to %s.":                                                     "Die Schlüssel gehören zur Org %[1]s, nicht zu %[2]s.",
		"Correct the org's id, or its address and keys.":                                                "Berichtigen Sie die ID der Org oder ihre Adresse und Schlüssel.",
		"There is no ticket certificate, so the org's agents cannot sign in.":                           "Es gibt kein Ticket-Zertifikat; die Agenten der Org können sich nicht anmelden.",
		"Add the certificate that the org signs tickets with.":                                          "Fügen Sie das Zertifikat hinzu, mit dem die Org Tickets unterschreibt.",
		"The consumer key or the consumer secret is missing.":                                           "Der Consumer-Schlüssel oder das Consumer-Geheimnis fehlt.",
		"Copy both from the app's OAuth settings (“Consumer Key and Secret”).":                          "Kopieren Sie beide aus den OAuth-Einstellungen der Anwendung („Consumer-Schlüssel und -Geheimnis“).",
		"Nobody has signed in to Salesforce for the bridge yet.":                                        "Noch hat sich niemand für die Bridge bei Salesforce angemeldet.",
		"Save the org, then press “Sign in to Salesforce” on its page.":                                 "Speichern Sie die Org, dann drücken Sie auf ihrer Seite „Bei Salesforce anmelden“.",
		"This sign-in is not known to the bridge, is used already, or has taken too long.":              "Diese Anmeldung kennt die Bridge nicht, oder sie ist schon verbraucht oder hat zu lange gedauert.",
		"Begin the sign-in anew in the panel, in one browser window, and finish it within ten minutes.": "Beginnen Sie die Anmeldung in der Verwaltung neu, in einem Browserfenster, und schließen Sie sie binnen zehn Minuten ab.",
		"Whoever signed in belongs to the org %s, not to %s.":                                           "Wer sich angemeldet hat, gehört zur Org %[1]s, nicht zu %[2]s.",
		"Sign in as the run-as user of this org, or correct the org's address.":                         "Melden Sie sich als „Ausführen als“-Benutzer dieser Org an oder berichtigen Sie die Adresse der Org.",
	}
}
