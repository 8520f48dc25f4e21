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

# Of the libraries brought along only those that the machine lacks: drivers are made for its own.
rm -rf "$lazuli_gpu/lib" && mkdir "$lazuli_gpu/lib"
lazuli_known=$(/sbin/ldconfig -p 2>/dev/null)
for lazuli_file in "$lazuli_gpu"/root/usr/lib/x86_64-linux-gnu/*.so.*; do
  case $lazuli_known in *"${lazuli_file##*/} "*) ;; *) ln -s "$lazuli_file" "$lazuli_gpu/lib/" ;; esac
done
LD_LIBRARY_PATH="$lazuli_gpu/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
[ -d /usr/local/nvidia/lib64 ] && LD_LIBRARY_PATH="$LD_LIBRARY_PATH:/usr/local/nvidia/lib64"
export LD_LIBRARY_PATH

# The driver: as the machine describes it, or described here: the library for displays, or the one that needs none.
for lazuli_library in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
  printf '{"file_format_version": "1.0.1", "ICD": {"library_path": "%s", "api_version": "1.3.277"}}\n' \
    "$lazuli_library" >"$lazuli_gpu/${lazuli_library%.so.0}.json"
done
lazuli_driver=
for lazuli_file in "${VK_DRIVER_FILES:-none}" /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json \
  /usr/share/vulkan/icd.d/nvidia_icd.json /etc/vulkan/icd.d/nvidia_icd.json "$lazuli_gpu"/lib*_nvidia.json; do
  [ -e "$lazuli_file" ] || continue
  if VK_DRIVER_FILES=$lazuli_file VK_ICD_FILENAMES=$lazuli_file timeout 60 node scripts/gpuMachine/adapter.ts; then
    lazuli_driver=$lazuli_file
    break
  fi
  echo "no GPU by $lazuli_file"
done
[ -n "$lazuli_driver" ] && export VK_DRIVER_FILES="$lazuli_driver" VK_ICD_FILENAMES="$lazuli_driver"
echo "node $(node --version), Vulkan driver: ${lazuli_driver:-none found}"
