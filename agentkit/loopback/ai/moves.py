"""How a session goes from step to step and from context to context (facts 1.4).

Going somewhere has two halves, as in real logs: the move itself, and the arrival, when the model is
told what the step wants. A function's answer moves at once; the model is told after the answer.
"""

from agentkit.loopback.ai import gather, pace
from agentkit.loopback.ai.room import JSON, Room
from agentkit.loopback.ai.steps import DEFAULT, NEXT, Context, Reset, Step
from agentkit.loopback.trace import Concern

BY_MODEL = "ai_function"
BY_WEBHOOK = "webhook_action"
BY_GATHER = gather.TRIGGER
BY_ITSELF = "auto_advance"


def begin(room: Room) -> None:
    """Enter the first step of the first context, without a word about it."""
    context = room.contexts.get(DEFAULT) or next(iter(room.contexts.values()), None)
    if context is not None:
        room.context = context
        _stand(room, context.first())
        room.moved = room.step is not None
        room.changed_context = True


def next_steps(room: Room) -> tuple[str, ...]:
    """Return the steps to which the model may go now."""
    context, step = room.context, room.step
    if context is None or step is None or room.gathering is not None:
        return ()
    after = context.after(step)
    named = step.valid_steps if step.valid_steps is not None else context.valid_steps
    if named is None:
        return () if after is None else (after.name,)
    known = context.by_name
    found = (after.name if name == NEXT and after else name for name in named)
    return tuple({name: None for name in found if name in known})


def next_contexts(room: Room) -> tuple[str, ...]:
    """Return the contexts to which the model may change now."""
    context, step = room.context, room.step
    if context is None or step is None or room.gathering is not None:
        return ()
    named = step.valid_contexts
    if named is None:
        named = context.valid_contexts or ()
    return tuple(name for name in dict.fromkeys(named) if name in room.contexts)


def to_step(room: Room, name: str, trigger: str) -> bool:
    """Go to a step of the context, `next` for the following one; return whether there is one."""
    context = room.context
    target = _target(room, context, name) if context is not None else None
    if context is None or target is None:
        room.reader.warn(Concern.ABSENT, f"change_step: there is no step {name!r} {_in(context)}")
        return False
    old = room.step
    _stand(room, target)
    fields: JSON = {
        "from_step": old.name if old else "",
        "from_index": old.index if old else -1,
        "to_step": target.name,
        "to_index": target.index,
        "trigger": trigger,
    }
    source = f"{old.name}[{old.index}]" if old else ""
    room.logs.event("step_change", f"{source} -> {target.name}[{target.index}] ({trigger})", fields)
    room.debug.note("step_change", fields)
    room.trace.add("step", f"{context.name}/{target.name}",
                   {"from": old.name if old else "", "trigger": trigger})  # fmt: skip
    room.moved = True
    return True


def to_context(room: Room, name: str, trigger: str) -> bool:
    """Change to a context and its first step; return whether there is one of the name."""
    target, old = room.contexts.get(name), room.context
    if target is None or old is None:
        room.reader.warn(Concern.ABSENT, f"change_context: there is no context {name!r}")
        return False
    _fill(room, old.exit_fillers, f"ai.prompt.contexts.{old.name}.exit_fillers")
    room.context = target
    _stand(room, target.first())
    fields: JSON = {
        "from_context": old.name,
        "to_context": name,
        "trigger": trigger,
        "isolated": target.isolated,
    }
    room.logs.event("context_enter", f"Entering context {name} ({trigger})", fields)
    room.debug.note("context_change", fields)
    step = room.step.name if room.step else ""
    moved = {"from": old.name, "trigger": trigger}
    room.trace.add("step", f"{name}/{step}", moved)
    _fill(room, target.enter_fillers, f"ai.prompt.contexts.{name}.enter_fillers")
    room.moved = room.changed_context = True
    return True


def arrive(room: Room) -> None:
    """Tell the model what the step wants that was entered, if one was."""
    if not room.moved:
        return
    room.moved = False
    _veil(room)
    step = room.step
    if step is not None:
        reset(room, step.reset)
        room.takes_turn = room.takes_turn or step.skip_user_turn
    if step is None or step.gather is None:
        instruct(room)
    else:
        gather.start(room, step.gather)


def instruct(room: Room) -> None:
    """Tell the model what the step wants."""
    text = room.expanded(_wanted(room))
    room.conversation.instruct(text)
    if text:
        room.logs.instruction(text)


def reset(room: Room, what: Reset) -> None:
    """Forget or sum up the conversation, and change the prompt, as far as asked for."""
    if what.full_reset or what.consolidate:
        keep = room.conversation.summed_up() if what.consolidate else ""
        room.conversation.reset(keep=keep)
        kind = {"full_reset": what.full_reset, "consolidate": what.consolidate}
        room.logs.event("reset", "Conversation reset", kind)
        if what.consolidate:
            tokens = pace.tokens_of(keep)
            room.debug.note("consolidation", {"event": "reset", "token_count": tokens, "limit": 0})
    if what.system_prompt:
        room.conversation.prompt = room.expanded(what.system_prompt)
        room.logs.prompt(room.conversation.prompt)
    if what.user_prompt:
        room.conversation.user(room.expanded(what.user_prompt))


def after_words(room: Room) -> None:
    """Make the moves that follow when the model has spoken in a step: `end`, and skipping on."""
    step, context = room.step, room.context
    if step is None or context is None or room.gathering is not None:
        return
    if step.end:
        _leave(room, context, step)
    elif step.skip_to_next_step and context.after(step) is not None:
        to_step(room, NEXT, BY_ITSELF)
        arrive(room)


def _leave(room: Room, context: Context, step: Step) -> None:
    """Go on without steps: the model keeps the main prompt, the context's, and its functions."""
    _stand(room, None)
    room.conversation.instruct(room.expanded(context.text))
    room.trace.add("step", context.name, {"from": step.name, "trigger": "end"})


def _stand(room: Room, step: Step | None) -> None:
    context = room.context
    room.step, room.gathering = step, None
    room.logs.standing = {"context": context.name} if context is not None else {}
    if step is not None:
        room.logs.standing |= {"step": step.name, "step_index": step.index}
        if step.functions is not None:
            room.allowed = frozenset(step.functions)


def _target(room: Room, context: Context, name: str) -> Step | None:
    if name == NEXT and room.step is not None:
        return context.after(room.step)
    return context.step(name)


def _veil(room: Room) -> None:
    """Hide or show the conversation so far, as the context and the step want it."""
    context, step = room.context, room.step
    if context is not None and room.changed_context:
        room.changed_context = False
        hide = (context.isolated and context.history != "keep") or context.history == "hide"
        room.conversation.enter_context(hide=hide)
        reset(room, context.reset)
    if step is not None and step.history == "keep":
        room.conversation.show()
    else:
        room.conversation.veil(hide=step is not None and step.history == "hide")


def _wanted(room: Room) -> str:
    context, step = room.context, room.step
    parts = [context.text if context else "", step.text if step else ""]
    if step is not None and step.criteria:
        parts.append(f"This step is complete when: {step.criteria}")
    if steps := next_steps(room):
        parts.append(f"When it is complete, call next_step with one of: {', '.join(steps)}.")
    if contexts := next_contexts(room):
        parts.append(f"To change the subject, call change_context with: {', '.join(contexts)}.")
    return "\n\n".join(part for part in parts if part)


def _fill(room: Room, fillers: JSON, path: str) -> None:
    phrase = room.languages.phrase(fillers, path)
    if phrase:
        room.speak(phrase)


def _in(context: Context | None) -> str:
    return f"in context {context.name!r}" if context is not None else "without contexts"
