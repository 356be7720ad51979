"""Documents of text messages, written verb by verb."""

from typing import Any, ClassVar, Self

from agentkit.late import method
from agentkit.swml import sms
from agentkit.swml.builder import Document


class SMS(Document[sms.SmsVerb]):
    """A document of a text message: `SMS().receive().reply("Thank you.")`."""

    script: ClassVar[Any] = sms.SmsScript

    def _add(self, verb: sms.SmsVerb) -> Self:
        return self.add(verb)

    reply = method(sms.Reply, _add)
    receive = method(sms.Receive, _add)
    request = method(sms.SmsRequest, _add)
    execute = method(sms.SmsExecute, _add)
    transfer = method(sms.SmsTransfer, _add)
    switch = method(sms.SmsSwitch, _add)
    goto = method(sms.SmsGoto, _add)
    label = method(sms.SmsLabel, _add)
    return_ = method(sms.SmsReturn, _add)
