"""What Grafana shows, made from tables, and what is alerted on; each held against the metrics."""
