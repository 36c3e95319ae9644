"""What the numbers say, in words. Every word that compares is computed from the numbers as they are printed."""

import math

from eval.evaluate import TransferSummary
from eval.report.contents import Section
from eval.report.tables import ENDLESS, decibel, percent, similarity
from eval.view_synthesis import SynthesisSummary


def transfer_sentences(section: Section) -> tuple[str, ...]:
    """How the field's descriptor stands against the teacher's map, in keypoints and in parts."""
    subject, baseline = section.of(section.subject), section.of(section.baseline)
    return _keypoint_sentence(subject, baseline), _part_sentence(subject, baseline)


def synthesis_sentence(summary: SynthesisSummary) -> str:
    """How the rendered views stand against the source image put in their place."""
    rendered, repeated = summary.rendered, summary.source_image
    if rendered is None or repeated is None:
        return "View synthesis: no view was rendered, so there is no PSNR and no SSIM."
    psnr, psnr_repeated = decibel(rendered.psnr), decibel(repeated.psnr)
    ssim, ssim_repeated = similarity(rendered.ssim), similarity(repeated.ssim)
    return (
        f"View synthesis, rendered against source image: PSNR {psnr} dB against {psnr_repeated} dB, "
        f"{standing(psnr, psnr_repeated, ' dB')}; SSIM {ssim} against {ssim_repeated}, "
        f"{standing(ssim, ssim_repeated, '')}."
    )


def standing(subject: str, baseline: str, unit: str) -> str:
    """`0.4 points ahead`, `level` or `0.4 points behind`, by the numbers as printed, higher being better."""
    if subject == baseline:
        return "level"
    decimals = len(subject.partition(".")[2])
    difference = _number(subject) - _number(baseline)
    size = ENDLESS if math.isinf(difference) else f"{abs(difference):.{decimals}f}"
    return f"{size}{unit} {'ahead' if difference > 0 else 'behind'}"


def _number(text: str) -> float:
    return math.inf if text == ENDLESS else float(text)


def _keypoint_sentence(subject: TransferSummary, baseline: TransferSummary) -> str:
    if subject.pck is None or baseline.pck is None:
        return "Keypoints: no pair shows a common keypoint, so PCK is undefined."
    ours, theirs = [percent(share) for share in subject.pck], [percent(share) for share in baseline.pck]
    ahead = sum(float(a) > float(b) for a, b in zip(ours, theirs, strict=True))
    level = sum(a == b for a, b in zip(ours, theirs, strict=True))
    return (
        f"Keypoints, {subject.descriptor} against {baseline.descriptor}: ahead at {ahead} of {len(ours)} thresholds, "
        f"level at {level}, behind at {len(ours) - ahead - level}; PCK below {subject.thresholds[-1]:g} px "
        f"{ours[-1]}% against {theirs[-1]}%, {standing(ours[-1], theirs[-1], ' points')}."
    )


def _part_sentence(subject: TransferSummary, baseline: TransferSummary) -> str:
    if subject.iou is None or baseline.iou is None:
        return "Parts: no pair shows a common part, so IoU is undefined."
    ours, theirs = percent(subject.iou), percent(baseline.iou)
    return (
        f"Parts, {subject.descriptor} against {baseline.descriptor}: mean IoU {ours}% against {theirs}%, "
        f"{standing(ours, theirs, ' points')}."
    )
