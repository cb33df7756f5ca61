"""What schemathesis (scripts/lab/fuzz.js) cannot know of the API from its document: tokens, and seats that can be paid."""

import json
import os
import random
import urllib.error
import urllib.request

import schemathesis

URL = os.environ["API_URL"]
USERS = int(os.environ["API_USERS"])
SCHEDULES = int(os.environ["API_SCHEDULES"])
SEATS = int(os.environ["API_SEATS"])


def post(path, body, token=""):
    headers = {"Content-Type": "application/json", "Authorization": token}
    request = urllib.request.Request(URL + path, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]


@schemathesis.auth(refresh_interval=1)
class QueueToken:
    """A session ends with a payment, so another user arrives every second."""

    def get(self, case, context):
        return post("/v1/api/queue/token", {"userId": random.randint(1, USERS)})["queueToken"]

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": data}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every third payment is for a seat that this user holds, with money for it."""
    token = (case.headers or {}).get("Authorization", "")
    body = case.body
    if case.path != "/v1/api/concerts/payment" or not isinstance(body, dict) or random.random() > 0.3:
        return
    schedule = random.randint(1, SCHEDULES)
    seat = (schedule - 1) * SEATS + random.randint(1, SEATS)
    try:
        hold = post("/v1/api/concerts/reserve", {"scheduleId": schedule, "seatId": seat}, token)
        post("/v1/api/user/amount", {"amount": 1_000_000}, token)
    except (urllib.error.HTTPError, UnicodeEncodeError, ValueError):
        return
    if "reservationId" in body:
        body["reservationId"] = hold["reservationId"]
