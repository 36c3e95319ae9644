"""The processed data of the released FeatureNeRF code: its folders, and its arrays as ours, both ways."""
