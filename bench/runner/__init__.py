"""The same work through several Kafka clients in turn, measured."""
