"""The list of checks, in the order of the table. A new check is one more line here."""

from pipeline.upkeep.doctor.camera_range import check_camera
from pipeline.upkeep.doctor.cuda import check_cuda
from pipeline.upkeep.doctor.dvc_state import check_dvc
from pipeline.upkeep.doctor.finding import Check
from pipeline.upkeep.doctor.git_state import check_git
from pipeline.upkeep.doctor.installation import check_packages, check_python
from pipeline.upkeep.doctor.network_weights import check_weights
from pipeline.upkeep.doctor.published_files import check_published
from pipeline.upkeep.doctor.render_backend import check_backend
from pipeline.upkeep.doctor.resources import check_resources
from pipeline.upkeep.doctor.source_folders import check_source
from pipeline.upkeep.doctor.store_folder import check_store_folder

CHECKS = (
    Check("python", check_python),
    Check("packages", check_packages),
    Check("git", check_git),
    Check("dvc", check_dvc),
    Check("cuda", check_cuda),
    Check("render", check_backend),
    Check("weights", check_weights),
    Check("source", check_source),
    Check("camera", check_camera),
    Check("stores", check_store_folder),
    Check("files", check_published),
    Check("plan", check_resources),
)
