# Source me in the root of the repository on the machine with the GPU:  . .gpu/setup.sh
# Unpacks Node, its packages and the Vulkan loader (all beside the repository's files, nothing into the system), and
# points Vulkan at the GPU's driver: where the machine has no description of it, one is written.
lazuli_gpu=${LAZULI_GPU_FOLDER:-/tmp/lazuli-gpu}
mkdir -p "$lazuli_gpu/bin" "$lazuli_gpu/root"
python3 - "$lazuli_gpu" <<'PY'
import lzma, os, shutil, sys, tarfile

folder = sys.argv[1]
node = os.path.join(folder, "bin", "node")
if not os.path.exists(node):
    with lzma.open(".gpu/node.xz") as packed, open(node + ".part", "wb") as unpacked:
        shutil.copyfileobj(packed, unpacked)
    os.chmod(node + ".part", 0o755)
    os.rename(node + ".part", node)
if not os.path.exists("node_modules/vitest"):
    with tarfile.open(".gpu/node_modules.tar.xz") as archive:
        archive.extractall(".")
PY
for lazuli_deb in .gpu/*.deb; do dpkg -x "$lazuli_deb" "$lazuli_gpu/root"; done
export PATH="$lazuli_gpu/bin:$PATH" XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}"
# The machine's own libraries come first where it has them: the driver is made for those.
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/usr/local/nvidia/lib64:/usr/lib/x86_64-linux-gnu:$lazuli_gpu/root/usr/lib/x86_64-linux-gnu"
# NVIDIA's description of its Vulkan driver, or one for the library that needs no display.
lazuli_icd=
for lazuli_file in /usr/local/nvidia/share/vulkan/icd.d /usr/share/vulkan/icd.d /etc/vulkan/icd.d; do
  [ -e "$lazuli_file/nvidia_icd.json" ] && lazuli_icd=$lazuli_file/nvidia_icd.json && break
done
if [ -z "$lazuli_icd" ]; then
  for lazuli_file in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    lazuli_library=$( { /sbin/ldconfig -p 2>/dev/null | sed -n "s/.*$lazuli_file .*=> //p"; ls /usr/local/nvidia/lib64/$lazuli_file /usr/lib/x86_64-linux-gnu/$lazuli_file /usr/lib64/$lazuli_file 2>/dev/null; } | head -n 1)
    [ -n "$lazuli_library" ] || continue
    lazuli_icd=$lazuli_gpu/nvidia_icd.json
    printf '{"file_format_version": "1.0.1", "ICD": {"library_path": "%s", "api_version": "1.3.277"}}\n' "$lazuli_library" >"$lazuli_icd"
    break
  done
fi
[ -n "$lazuli_icd" ] && export VK_DRIVER_FILES="$lazuli_icd" VK_ICD_FILENAMES="$lazuli_icd"
echo "node $(node --version), Vulkan driver ${lazuli_icd:-as the system finds it}"
