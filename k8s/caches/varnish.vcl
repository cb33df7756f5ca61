vcl 4.1;

# A cache in front of the buyer's pages, the status of queues and the transparency log: it sends on one request a second for each of
# them, however many users wait. Everything else passes through. Put it behind what ends TLS.
import std;

backend default {
  .host = "concert-web";
  .port = "8080";
  .probe = {
    .url = "/health/live";
    .interval = 1s;
  }
}

sub vcl_recv {
  if (req.method != "GET" && req.method != "HEAD") {
    return (pass);
  }
  if (req.url !~ "^/(\?.*|assets/.+|[\w-]+\.js|v1/api/queues/[^/]+/status|v1/api/transparency/.+)?$") {
    return (pass);
  }
  # What is kept is the same for everybody.
  unset req.http.Cookie;
  unset req.http.Authorization;
  # As stale-while-revalidate says; longer only while nothing answers. The probe notices that late.
  set req.grace = 1d;
  if (req.restarts == 0 && std.healthy(req.backend_hint)) {
    set req.grace = 5s;
  }
  return (hash);
}

sub vcl_backend_response {
  # stale-if-error, which Varnish does not read.
  if (beresp.http.Cache-Control ~ "stale-if-error=86400") {
    set beresp.grace = 1d;
  } elsif (beresp.http.Cache-Control ~ "stale-if-error") {
    set beresp.grace = 60s;
  }
}

# Nothing answered: the request begins again, and what is kept is good for as long as stale-if-error says.
sub vcl_backend_error {
  return (abandon);
}

sub vcl_synth {
  if (resp.status == 503 && req.restarts == 0 && (req.method == "GET" || req.method == "HEAD")) {
    return (restart);
  }
}
