"""Services of both SDKs: documents without a model."""

from typing import Any

from tests.differential.sdk import SWMLBuilder, SWMLService


def _service() -> SWMLService:
    return SWMLService("menu", route="/menu", basic_auth=("u", "p"))


def verbs_by_name() -> SWMLService:
    service = _service()
    service.add_verb("answer", {"max_duration": 60})
    service.add_verb("play", {"url": "say:Hello."})
    service.add_verb("sleep", 500)
    service.add_verb("hangup", {"reason": "busy"})
    return service


def verbs_by_methods() -> SWMLService:
    service = _service()
    service.answer(max_duration=60)
    service.play(url="say:Hello.", volume=3)
    service.play(urls=["say:a", "silence:1"])
    service.prompt(play="say:Press 1.", max_digits=1, digit_timeout=3)
    service.record_call(stereo=True, format="mp3")
    service.stop_record_call()
    service.record(beep=True)
    service.denoise()
    service.stop_denoise()
    service.sleep(500)
    service.set(a=1, b="x")
    service.goto(label="again", max=3)
    service.execute(dest="sub")
    service.request(url="https://e.com", method="GET")
    service.send_digits(digits="1w2")
    service.send_sms(to_number="+1", from_number="+2", body="hi")
    service.sip_refer(to_uri="sip:a@b")
    service.join_room(name="den")
    service.join_conference(name="c", muted=True)
    service.tap(uri="rtp://e.com:1", codec="PCMA")
    service.stop_tap(control_id="t")
    service.receive_fax()
    service.send_fax(document="https://e.com/a.pdf")
    service.detect_machine(timeout=9)
    service.enter_queue(queue_name="q", transfer_after_bridge="https://e.com")
    service.user_event(event={"a": 1})
    service.transfer(dest="https://e.com/next")
    service.hangup()
    return service


def sections() -> SWMLService:
    service = _service()
    service.add_section("sub")
    service.add_verb("execute", {"dest": "sub"})
    service.add_verb_to_section("sub", "play", {"url": "say:Sub."})
    service.add_verb_to_section("new", "hangup", {})
    return service


def reset() -> SWMLService:
    service = _service()
    service.answer()
    service.reset_document()
    service.hangup()
    return service


def connecting() -> SWMLService:
    service = _service()
    service.add_verb("connect", {"to": "+12025550123", "from": "+12025550124", "timeout": 20})
    service.add_verb("connect", {"parallel": [{"to": "sip:a@b"}, {"to": "+12025550123"}]})
    service.add_verb("cond", [{"when": "x", "then": [{"hangup": {}}]}, {"else": []}])
    service.add_verb("switch", {"variable": "x", "case": {"1": [{"hangup": {}}]}})
    return service


def _built() -> Any:
    return SWMLBuilder(_service())


def built() -> SWMLService:
    builder = _built().answer(max_duration=5, codecs="OPUS").say("Hello.", voice="v", volume=2)
    builder.play(url="https://e.com/a.mp3", auto_answer=False).play(urls=["say:a", "say:b"])
    service: SWMLService = builder.add_section("more").hangup("busy").service
    return service


def built_with_a_model() -> SWMLService:
    builder = _built().ai(
        prompt_text="You sell tea.", post_prompt="Sum up.", post_prompt_url="https://e.com/s",
        swaig={"functions": []}, params={"ai_volume": 3}, hints=["tea"],
    )  # fmt: skip
    service: SWMLService = builder.service
    return service


def built_with_sections() -> SWMLService:
    builder = _built().answer().reset().ai(prompt_pom=[{"title": "t", "body": "b"}])
    service: SWMLService = builder.service
    return service


def copilot() -> SWMLService:
    service = _service()
    service.add_verb("ai_sidecar", {
        "lang": "en-US", "prompt": "Help.", "url": "https://e.com/events",
        "SWAIG": {"defaults": {"web_hook_url": "https://e.com/swaig"}, "functions": [
            {"function": "f", "description": "d"}]},
    })  # fmt: skip
    return service


def document_of_one_request() -> SWMLService:
    class Changed(SWMLService):
        def on_request(self, request_data: Any = None, callback_path: Any = None) -> Any:
            return {"version": "1.0.0", "sections": {"main": [{"hangup": {"reason": "busy"}}]}}

    service = Changed("menu", route="/menu", basic_auth=("u", "p"))
    service.add_verb("answer", {})
    return service
