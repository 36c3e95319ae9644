"""PartNet's names of a chair's parts: the published tables, as far as made-up chairs need them."""

from pipeline.synthetic.partnet_names import PartNetNames

_CASTER = "chair_base/star_leg_base/star_leg_set/caster"
# Raw path -> merged path, below the root. Raw paths that are absent (other/other_leaf) belong to no merged leaf.
_MERGED = {
    "chair_head": "chair_head",
    "chair_head/headrest": "chair_head/headrest",
    "chair_head/head_connector": "chair_head/head_connector",
    "chair_back": "chair_back",
    "chair_back/back_surface": "chair_back/back_surface",
    "chair_back/back_surface/back_hard_surface": "chair_back/back_surface/back_single_surface",
    "chair_back/back_surface/back_soft_surface": "chair_back/back_surface/back_single_surface",
    "chair_back/back_surface/back_surface_vertical_bar": "chair_back/back_surface/back_surface_vertical_bar",
    "chair_back/back_surface/back_surface_horizontal_bar": "chair_back/back_surface/back_surface_horizontal_bar",
    "chair_back/back_frame": "chair_back/back_frame",
    "chair_back/back_frame/back_frame_vertical_bar": "chair_back/back_frame/back_frame_vertical_bar",
    "chair_back/back_frame/back_frame_horizontal_bar": "chair_back/back_frame/back_frame_horizontal_bar",
    "chair_back/back_frame/back_holistic_frame": "chair_back/back_frame/back_holistic_frame",
    "chair_back/back_connector": "chair_back/back_connector",
    "chair_arm": "chair_arm",
    "chair_arm/armrest_hard_surface": "chair_arm/arm_horizontal_bar",
    "chair_arm/armrest_soft_surface": "chair_arm/arm_horizontal_bar",
    "chair_arm/arm_vertical_bar": "chair_arm/arm_near_vertical_bar",
    "chair_arm/arm_holistic_frame": "chair_arm/arm_holistic_frame",
    "chair_arm/arm_sofa_style": "chair_arm/arm_sofa_style",
    "chair_base": "chair_base",
    "chair_base/regular_leg_base": "chair_base/regular_leg_base",
    "chair_base/regular_leg_base/leg": "chair_base/regular_leg_base/leg",
    "chair_base/regular_leg_base/bar_stretcher": "chair_base/regular_leg_base/bar_stretcher",
    "chair_base/regular_leg_base/runner": "chair_base/regular_leg_base/runner",
    "chair_base/star_leg_base": "chair_base/star_leg_base",
    "chair_base/star_leg_base/central_support": "chair_base/star_leg_base/central_support",
    "chair_base/star_leg_base/mechanical_control": "chair_base/star_leg_base/mechanical_control",
    "chair_base/star_leg_base/star_leg_set": "chair_base/star_leg_base/star_leg_set",
    "chair_base/star_leg_base/star_leg_set/leg": "chair_base/star_leg_base/star_leg_set/leg",
    _CASTER: _CASTER,
    f"{_CASTER}/caster_stem": f"{_CASTER}/caster_stem",
    f"{_CASTER}/wheel": f"{_CASTER}/wheel",
    "chair_base/pedestal_base": "chair_base/pedestal_base",
    "chair_base/pedestal_base/pedestal": "chair_base/pedestal_base/pedestal",
    "chair_base/pedestal_base/central_support": "chair_base/pedestal_base/central_support",
    "chair_seat": "chair_seat",
    "chair_seat/seat_support": "chair_seat/seat_support",
    "chair_seat/seat_surface": "chair_seat/seat_surface",
    "chair_seat/seat_surface/seat_hard_surface": "chair_seat/seat_surface/seat_single_surface",
    "chair_seat/seat_surface/seat_soft_surface": "chair_seat/seat_surface/seat_single_surface",
}

NAMES = PartNetNames(
    level1=("chair_head", "chair_back", "chair_arm", "chair_base", "chair_seat"),
    merged=_MERGED,
)
