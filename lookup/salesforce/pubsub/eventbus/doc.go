// Package eventbus is generated from pubsub_api.proto: the messages of
// Salesforce's Pub/Sub API and its gRPC client and server.
//
// To generate it again: protoc 3.21, protoc-gen-go v1.36.12 and
// protoc-gen-go-grpc v1.6.0 in the PATH, then go generate.
package eventbus

//go:generate protoc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative pubsub_api.proto
