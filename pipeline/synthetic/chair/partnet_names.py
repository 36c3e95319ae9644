"""PartNet's names of a chair's parts: the published tables, as far as made-up chairs need them."""

from pipeline.synthetic.partnet_names import PartNetNames, kept, renamed

_SURFACE, _SEAT = "chair_back/back_surface", "chair_seat/seat_surface"
_LEGS, _STAR = "chair_base/regular_leg_base", "chair_base/star_leg_base"
# Raw path -> merged path, below the root. Raw paths that are absent (other/other_leaf) belong to no merged leaf.
_MERGED = {
    **kept("chair_head", "headrest", "head_connector"),
    **kept("chair_back"),
    **kept(_SURFACE),
    **renamed(f"{_SURFACE}/back_hard_surface", f"{_SURFACE}/back_single_surface"),
    **renamed(f"{_SURFACE}/back_soft_surface", f"{_SURFACE}/back_single_surface"),
    **kept(_SURFACE, "back_surface_vertical_bar", "back_surface_horizontal_bar"),
    **kept("chair_back/back_frame", "back_frame_vertical_bar", "back_frame_horizontal_bar", "back_holistic_frame"),
    **kept("chair_back/back_connector"),
    **kept("chair_arm"),
    **renamed("chair_arm/armrest_hard_surface", "chair_arm/arm_horizontal_bar"),
    **renamed("chair_arm/armrest_soft_surface", "chair_arm/arm_horizontal_bar"),
    **renamed("chair_arm/arm_vertical_bar", "chair_arm/arm_near_vertical_bar"),
    **kept("chair_arm", "arm_holistic_frame", "arm_sofa_style"),
    **kept("chair_base"),
    **kept(_LEGS, "leg", "bar_stretcher", "runner"),
    **kept(_STAR, "central_support", "mechanical_control", "star_leg_set", "star_leg_set/leg"),
    **kept(f"{_STAR}/star_leg_set/caster", "caster_stem", "wheel"),
    **kept("chair_base/pedestal_base", "pedestal", "central_support"),
    **kept("chair_seat", "seat_support"),
    **kept(_SEAT),
    **renamed(f"{_SEAT}/seat_hard_surface", f"{_SEAT}/seat_single_surface"),
    **renamed(f"{_SEAT}/seat_soft_surface", f"{_SEAT}/seat_single_surface"),
}

NAMES = PartNetNames(
    level1=("chair_head", "chair_back", "chair_arm", "chair_base", "chair_seat"),
    merged=_MERGED,
)
