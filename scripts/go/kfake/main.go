// Command kfake runs franz-go's fake Kafka: a cluster of three brokers for each security protocol.
//
//	kfake PKI FOLDER
//
// PKI is what scripts/pki.sh made. Into FOLDER it writes the brokers' addresses, one file for each protocol, when they answer.
// It runs until it is told to end.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: kfake PKI FOLDER")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(pki, folder string) error {
	withTLS, err := serverTLS(pki)
	if err != nil {
		return err
	}
	protocols := []struct {
		name string
		opts []kfake.Opt
	}{
		{"PLAINTEXT", nil},
		{"SSL", []kfake.Opt{kfake.TLS(withTLS)}},
		{"SASL_PLAINTEXT", withSASL()},
		{"SASL_SSL", append(withSASL(), kfake.TLS(withTLS), kfake.BrokerConfigs(map[string]string{
			"connections.max.reauth.ms": "10000",
		}))},
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	for _, protocol := range protocols {
		cluster, err := kfake.NewCluster(append(protocol.opts,
			kfake.NumBrokers(3),
			kfake.AllowAutoTopicCreation(),
			kfake.DefaultNumPartitions(3),
			kfake.WithLogger(kfake.BasicLogger(os.Stderr, kfake.LogLevelWarn)),
		)...)
		if err != nil {
			return fmt.Errorf("%s: %w", protocol.name, err)
		}
		defer cluster.Close()
		addresses := strings.Join(cluster.ListenAddrs(), ",") + "\n"
		if err := os.WriteFile(filepath.Join(folder, protocol.name), []byte(addresses), 0o644); err != nil {
			return err
		}
	}
	<-ended
	return nil
}

// withSASL has the users of scripts/kafka.sh, by every mechanism that kfake knows.
func withSASL() []kfake.Opt {
	opts := []kfake.Opt{kfake.EnableSASL()}
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		opts = append(opts,
			kfake.Superuser(mechanism, "admin", "admin-secret"),
			kfake.Superuser(mechanism, "alice", "alice-secret"))
	}
	return opts
}

// serverTLS asks for a client certificate and does without one, as Kafka's ssl.client.auth=requested.
func serverTLS(pki string) (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(filepath.Join(pki, "server.crt"), filepath.Join(pki, "server.key"))
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(filepath.Join(pki, "ca.pem"))
	if err != nil {
		return nil, err
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("no certificate in ca.pem of %s", pki)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientCAs:    clients,
		ClientAuth:   tls.VerifyClientCertIfGiven,
	}, nil
}
