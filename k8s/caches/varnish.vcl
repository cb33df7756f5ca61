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
  # As stale-while-revalidate says; longer only while nothing answers.
  if (std.healthy(req.backend_hint)) {
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
