"""The verbs that say what comes next, and those that talk to the outside (facts 1.3)."""

from agentkit.loopback.tables.kinds import (
    ANY,
    FLAG,
    OBJECT,
    REAL,
    TEXT,
    TEXTS,
    VERBS,
    WHOLE,
    Items,
    Kind,
    Table,
    either,
    fields,
    whole,
    words,
)  # fmt: skip

COND = Items(
    either(
        fields({"when": TEXT, "then": VERBS, "else": VERBS}, "when", "then"),
        fields({"else": VERBS}, "else"),
    )
)
_CASES: dict[str, Kind] = {"variable": TEXT, "case": Table(VERBS), "default": VERBS}
RESULT = either(fields(_CASES, "case"), COND)

FLOW: dict[str, Kind] = {
    "answer": fields({"max_duration": WHOLE, "codecs": TEXT, "username": TEXT, "password": TEXT}),
    "cond": COND,
    "execute": fields(
        {"dest": TEXT, "params": OBJECT, "meta": OBJECT, "on_return": VERBS, "result": RESULT},
        "dest",
    ),
    "goto": fields({"label": TEXT, "when": TEXT, "max": whole(1, 100)}, "label"),
    "hangup": fields({"reason": words("hangup", "busy", "decline")}),
    "label": TEXT,
    "return": ANY,
    "request": fields(
        {
            "url": TEXT,
            "method": words("GET", "POST", "PUT", "DELETE"),
            "headers": OBJECT,
            "body": either(TEXT, OBJECT),
            "timeout": REAL,
            "connect_timeout": REAL,
            "save_variables": FLAG,
        },
        "url",
        "method",
    ),
    "send_sms": fields(
        {
            "to_number": TEXT,
            "from_number": TEXT,
            "region": TEXT,
            "tags": TEXTS,
            "status_callback": TEXT,
            "media": TEXTS,
            "body": TEXT,
        },
        "to_number",
        "from_number",
        some_of=("body", "media"),
    ),
    "set": OBJECT,
    "sleep": either(whole(-1), fields({"duration": whole(-1)}, "duration")),
    "switch": fields(_CASES, "variable", "case"),
    "transfer": fields({"dest": TEXT, "params": OBJECT, "meta": OBJECT}, "dest"),
    "unset": either(TEXT, TEXTS),
    "user_event": fields({"event": OBJECT}, "event"),
    "execute_rpc": fields(
        {"method": TEXT, "call_id": TEXT, "node_id": TEXT, "params": OBJECT}, "method"
    ),
    "pay": fields(
        {
            "payment_connector_url": TEXT,
            "charge_amount": TEXT,
            "currency": TEXT,
            "description": TEXT,
            "input": words("dtmf"),
            "language": TEXT,
            "max_attempts": WHOLE,
            "min_postal_code_length": WHOLE,
            "parameters": Items(fields({"name": TEXT, "value": TEXT}, "name", "value")),
            "payment_method": words("credit-card"),
            "postal_code": either(FLAG, TEXT),
            "prompts": Items(
                fields(
                    {
                        "for": TEXT,
                        "actions": Items(
                            fields({"type": words("Say", "Play"), "phrase": TEXT}, "type", "phrase")
                        ),
                        "attempts": TEXT,
                        "card_type": TEXT,
                        "error_type": TEXT,
                    },
                    "for",
                    "actions",
                )
            ),
            "security_code": either(FLAG, TEXT),  # the platform wants texts (facts 1.3)
            "status_url": TEXT,
            "timeout": WHOLE,
            "token_type": words("one-time", "reusable"),
            "valid_card_types": TEXT,
            "voice": TEXT,
        },
        "payment_connector_url",
    ),
}
