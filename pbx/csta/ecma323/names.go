package ecma323

// messages makes an empty message by its root element's name.
var messages = byName(
	make0[StartApplicationSession], make0[StartApplicationSessionPosResponse], make0[StartApplicationSessionNegResponse],
	make0[ResetApplicationSessionTimer], make0[ResetApplicationSessionTimerPosResponse], make0[ResetApplicationSessionTimerNegResponse],
	make0[StopApplicationSession], make0[StopApplicationSessionPosResponse], make0[ApplicationSessionTerminated],
	make0[LoginRequest], make0[LoginResponse], make0[LoginFailed], make0[KeepAlive],

	make0[SystemStatus], make0[SystemStatusResponse], make0[RequestSystemStatus], make0[RequestSystemStatusResponse],
	make0[SystemRegister], make0[SystemRegisterResponse],
	make0[GetCSTAFeatures], make0[GetCSTAFeaturesResponse],
	make0[GetSwitchingFunctionDevices], make0[GetSwitchingFunctionDevicesResponse],
	make0[SwitchingFunctionDevices], make0[SwitchingFunctionDevicesResponse],

	make0[MonitorStart], make0[MonitorStartResponse], make0[MonitorStop], make0[MonitorStopResponse],
	make0[ChangeMonitorFilter], make0[ChangeMonitorFilterResponse],
	make0[GetPhysicalDeviceInformation], make0[GetPhysicalDeviceInformationResponse],
	make0[GetLogicalDeviceInformation], make0[GetLogicalDeviceInformationResponse],
	make0[SnapshotDevice], make0[SnapshotDeviceResponse], make0[SnapshotDeviceData], make0[SnapshotDeviceDataResponse],
	make0[SnapshotCall], make0[SnapshotCallResponse],

	make0[MakeCall], make0[MakeCallResponse], make0[AnswerCall], make0[ClearConnection], make0[HoldCall], make0[RetrieveCall],
	make0[ConsultationCall], make0[ConsultationCallResponse], make0[TransferCall], make0[TransferCallResponse],
	make0[AlternateCall], make0[ReconnectCall], make0[SingleStepTransferCall], make0[SingleStepTransferCallResponse], make0[DeflectCall],
	make0[CSTAErrorCode],
	done("AnswerCall"), done("ClearConnection"), done("HoldCall"), done("RetrieveCall"), done("AlternateCall"), done("ReconnectCall"), done("DeflectCall"),

	make0[ServiceInitiatedEvent], make0[OriginatedEvent], make0[NetworkReachedEvent], make0[DeliveredEvent], make0[OfferedEvent],
	make0[QueuedEvent], make0[EstablishedEvent], make0[DivertedEvent], make0[FailedEvent], make0[HeldEvent], make0[RetrievedEvent],
	make0[ConnectionClearedEvent], make0[CallClearedEvent], make0[TransferedEvent], make0[ConferencedEvent], make0[CallInformationEvent],

	make0[AgentLoggedOnEvent], make0[AgentLoggedOffEvent], make0[AgentReadyEvent], make0[AgentNotReadyEvent],
	make0[AgentBusyEvent], make0[AgentWorkingAfterCallEvent],
	device("BackInServiceEvent"), device("OutOfServiceEvent"), device("DoNotDisturbEvent"), device("ForwardingEvent"),

	make0[GetDeviceID], make0[GetDeviceIDResponse], make0[GetThirdPartyDeviceID], make0[GetThirdPartyDeviceIDResponse],
	make0[ReleaseDeviceID], make0[TransferMonitorObjects], avayaDone("ReleaseDeviceId"), avayaDone("TransferMonitorObjects"),
	func() Message { return &LinkEvent{Up: true} }, func() Message { return &LinkEvent{} },
)

func byName(makers ...func() Message) map[string]func() Message {
	all := make(map[string]func() Message, len(makers))
	for _, m := range makers {
		all[m().Name()] = m
	}
	// TransferredEvent is what the schema's name should have been.
	all["TransferredEvent"] = make0[TransferedEvent]
	all["loginResponse"] = make0[LoginResponse]
	return all
}

// make0 makes an empty *T.
func make0[T any, P interface {
	*T
	Message
}]() Message {
	return P(new(T))
}

func done(service string) func() Message {
	return func() Message { return &Done{Service: service} }
}

func avayaDone(service string) func() Message {
	return func() Message { return &AvayaDone{Service: service} }
}

func device(event string) func() Message {
	return func() Message { return &DeviceEvent{Element: event} }
}
